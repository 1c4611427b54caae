import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const limitMs = 120_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of
const colours = /\u001b\[[\d;]*m/g;

/** Adds a test that fails, and looks for what it prints and for the timeline that it names. */
export function redTest({ file, code, prints }, { cwd, env }) {
  writeFileSync(join(cwd, file), code);
  const { status, stdout, stderr } = spawnSync("npm", ["test"], { cwd, env, timeout: limitMs });
  const said = `${stdout}${stderr}`.replace(colours, "");
  if (status === 0) return "red test passed";
  const timeline = prints.exec(said)?.[1];
  if (timeline === undefined) {
    console.log(said);
    return "red test said nothing";
  }
  console.log(said.slice(said.indexOf("ZooKeeper when"), said.indexOf(timeline) + timeline.length));
  return existsSync(join(cwd, timeline)) ? "ok" : "no timeline";
}

/** Runs twice in one watch: the test is red where the first run's leftovers are there for the second. */
export async function watching(name, { cwd, env }) {
  const child = spawn("npm", ["test"], { cwd, env, detached: true });
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), limitMs);
  const test = join(cwd, "test/leftover.test.js");
  const isJest = name.startsWith("jest");
  const runs = isJest ? /^Tests: +.*1 total/gm : /^ +Tests +1 (passed|failed)/gm;
  let said = "";
  let asked = 0;
  const read = (chunk) => {
    said += String(chunk).replace(colours, "");
    const count = said.match(runs)?.length ?? 0;
    if (count === 1 && asked === 0) {
      asked = 1;
      if (isJest) child.stdin.write("a");
      else writeFileSync(test, `${readFileSync(test, "utf8")}\n`);
    } else if (count >= 2 && asked === 1) {
      asked = 2;
      process.kill(-child.pid, "SIGTERM");
    }
  };
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  if (asked === 2 && !/failed/.test(said)) return "ok";
  console.log(said);
  return asked < 2 ? "did not run twice" : "not reset";
}
