import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../projects.mjs";

const limitMs = 120_000;
/** How Jest and Vitest count a red test; "A worker process has failed to exit gracefully" is none, but a busy machine. */
const reds = /^ *Tests:? +\d+ failed/m;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of
const colours = /\u001b\[[\d;]*m/g;

/**
 * Adds a test that fails, and looks for what it `prints`: its first group, or else `timeline`, names the timeline, which must be
 * there. `code` is the test, in `file`; `test` is the command.
 */
export async function redTest(red, { cwd, env }) {
  const { file, code, prints, test = ["npm", "test"] } = red;
  writeFileSync(join(cwd, file), code);
  const [command, ...args] = test;
  const ended = await run(command, args, { cwd, env, timeout: limitMs, show: false });
  const said = ended.said.replace(colours, "");
  if (ended.ok) return { outcome: "red test passed", said };
  const [tells, timeline = red.timeline] = prints.exec(said) ?? [];
  if (tells === undefined) return { outcome: "red test said nothing", said };
  return { outcome: existsSync(join(cwd, timeline)) ? "ok" : "no timeline", said, tells };
}

/** Runs twice in one watch: the test is red where the first run's leftovers are there for the second. */
export async function watching(runner, { cwd, env }) {
  const child = spawn("npm", ["test"], { cwd, env, detached: true });
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), limitMs);
  const test = join(cwd, "test/leftover.test.js");
  const runs = runner.startsWith("jest") ? /^Tests: +.*1 total/gm : /^ +Tests +1 (passed|failed)/gm;
  let said = "";
  let touching;
  let isDone = false;
  const touch = () => writeFileSync(test, `${readFileSync(test, "utf8")}\n`);
  const read = (chunk) => {
    said += String(chunk).replace(colours, "");
    const count = said.match(runs)?.length ?? 0;
    if (count === 1) touching ??= setInterval(touch, 2_000); // a change in the middle of a run is not looked at
    if (count < 2 || isDone) return;
    isDone = true;
    process.kill(-child.pid, "SIGTERM");
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  clearInterval(touching);
  if (isDone && !reds.test(said)) return { outcome: "ok" };
  return { outcome: isDone ? "not reset" : "did not run twice", said };
}
