/**
 * Does what a newcomer does with each test runner, in each version that is supported: installs the packed tarball into an empty
 * folder, runs green tests, then a red one, and looks at what that prints.
 * Usage: node scripts/matrix.mjs [part of a name…]; `--list` names them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cells } from "./matrix/cells.mjs";
import { redTest, watching } from "./matrix/checks.mjs";
import { copyProject, install, nodeOf, pack, run } from "./projects.mjs";

const wanted = process.argv.slice(2);
const chosen = cells.filter(
  ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
if (wanted.includes("--list")) {
  for (const { name } of cells) console.log(name);
  process.exit();
}

const folder = mkdtempSync(join(tmpdir(), "zkms-matrix-"));
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const rows = [];

async function passes(cell, tarball) {
  const cwd = join(folder, cell.name.replaceAll(" ", "-"));
  copyProject(cell.project, cwd);
  const began = performance.now();
  if (!install(cwd, [tarball, ...(cell.install ?? [])])) return { outcome: "no install" };
  const installed = seconds(began);
  const env = cell.node === undefined ? process.env : nodeOf(cell.node, folder);
  const ran = performance.now();
  const outcome = await check(cell, { cwd, env });
  return { outcome, installed, ran: seconds(ran) };
}

/** "ok", or the first thing that was not. */
async function check(cell, place) {
  if (cell.watch !== undefined) return watching(cell.watch, place);
  if (!run("npm", ["test"], place)) return "green tests failed";
  if (cell.types === true && !run("npx", ["tsc", "-p", "."], place)) return "types failed";
  return cell.red === undefined ? "ok" : redTest(cell.red, place);
}

try {
  const tarball = pack(folder);
  for (const cell of chosen) {
    console.log(`\n== ${cell.name}`);
    rows.push({ name: cell.name, ...(await passes(cell, tarball)) });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

console.log("");
for (const { name, outcome, installed = "", ran = "" } of rows)
  console.log(`${name.padEnd(28)} ${outcome.padEnd(20)} installed in ${installed}, ran ${ran}`);
const failed = rows.filter(({ outcome }) => outcome !== "ok");
console.log(`matrix: ${rows.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 ? 1 : 0;
