/**
 * What scripts/examples.mjs, matrix.mjs and newcomer.mjs have in common: cells, each of which is a project in an empty folder that
 * installs the packed tarball, is green, and, where a test of its fails, says what it must. A cell has
 *
 *   name      and  project: a folder of this repository to copy, or files: texts by their paths
 *   install   packages besides the tarball          node, path   a major version of Node; folders whose programs go first
 *   test      the command (npm test)                says         what it must print
 *   red       see redTest; watch: see watching; types: true where tsc is to be run as well
 *   imports   see importCost, with bareTimesMax: how many bare starts of Node the import may cost
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { writeFailures } from "./failures.mjs";
import { importCost } from "./import-cost.mjs";
import { redTest, watching } from "./matrix/checks.mjs";
import { copyProject, install, nodeOf, pack, run, withPath, writeFiles } from "./projects.mjs";

/**
 * Tries those that are asked for by a part of their name on the command line, prints a table, and fails if one is not ok.
 * ZKMS_TRIAL_REPORT names a file for the totals.
 */
export async function tryCells(title, cells, { atOnce }) {
  const wanted = process.argv.slice(2);
  if (wanted.includes("--list")) {
    console.log(cells.map(({ name }) => name).join("\n"));
    return;
  }
  const chosen = cells.filter(
    ({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
  );
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), `zkms-${title}-`));
  const rows = new Map(); // of each that has begun; without an outcome, it still runs
  writeReport(title, chosen, rows);
  try {
    const tarball = await pack(folder);
    const left = [...chosen];
    const worker = async () => {
      for (let cell = left.shift(); cell !== undefined; cell = left.shift()) {
        rows.set(cell, {});
        writeReport(title, chosen, rows);
        const row = await tryCell(cell, { tarball, folder, show: atOnce === 1 });
        rows.set(cell, row);
        writeReport(title, chosen, rows);
        console.log(`== ${cell.name}: ${row.outcome}`);
        if (row.outcome !== "ok") console.log(row.said); // also where it was shown: most often it was not
        if (row.tells !== undefined) console.log(row.tells);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const failed = chosen.filter((cell) => rows.get(cell).outcome !== "ok");
  printTable(title, chosen, rows, { failed, began });
  if (failed.length > 0) process.exitCode = 1;
}

function printTable(title, chosen, rows, { failed, began }) {
  console.log("");
  for (const cell of chosen) {
    const { outcome, installed = "", ran = "", cost = "" } = rows.get(cell);
    console.log(
      `${cell.name.padEnd(28)} ${outcome.padEnd(20)} installed in ${installed}, ran ${ran}${cost}`,
    );
  }
  const passed = chosen.length - failed.length;
  console.log(`${title}: ${passed} passed, ${failed.length} failed, ${seconds(began)}`);
}

/**
 * As totals.mjs reads it, for a run may be ended at any time: until a cell is ok, it counts as one that failed. What a cell said
 * last says most.
 */
function writeReport(title, chosen, rows) {
  const report = process.env.ZKMS_TRIAL_REPORT;
  if (report === undefined) return;
  const all = [...rows].map(([{ name }, row]) => ({ name: `${title} ${name}`, ...row }));
  const passed = all.filter(({ outcome }) => outcome === "ok").length;
  const totals = { numPassedTests: passed, numFailedTests: chosen.length - passed };
  writeFileSync(report, JSON.stringify(totals));
  const failures = all
    .filter(({ outcome }) => outcome !== undefined && outcome !== "ok")
    .map(({ name, outcome, said = "" }) => {
      const lines = said.trimEnd().split("\n").slice(-saidLinesMax);
      return { name: `${name}: ${outcome}`, lines };
    });
  const running = all.filter(({ outcome }) => outcome === undefined).map(({ name }) => name);
  writeFailures(report, failures, running);
}

const saidLinesMax = 25;

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Where packages lie installed, by what was asked for: a later cell that asks for the same has a copy. */
const installed = new Map();

async function installIn(cwd, { cell, tarball, show }) {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(cwd, "package.json")));
  const needs = JSON.stringify([cell.install, dependencies, devDependencies]);
  const earlier = installed.get(needs);
  if (earlier === undefined) {
    const got = install(cwd, [tarball, ...(cell.install ?? [])], { show });
    installed.set(needs, { got, from: cwd });
    return await got;
  }
  const got = await earlier.got;
  if (got.ok) copyPackages(earlier.from, cwd);
  return got;
}

/** Without what a runner keeps there between its runs, and may be writing. */
function copyPackages(from, to) {
  const filter = (path) => basename(path) !== ".vite";
  const options = { recursive: true, verbatimSymlinks: true, filter };
  cpSync(join(from, "node_modules"), join(to, "node_modules"), options);
}

async function tryCell(cell, { tarball, folder, show }) {
  const cwd = join(folder, cell.name.replaceAll(/\W+/g, "-"));
  if (cell.project !== undefined) copyProject(cell.project, cwd);
  if (cell.files !== undefined) writeFiles(cwd, cell.files);
  const began = performance.now();
  const got = await installIn(cwd, { cell, tarball, show });
  if (!got.ok) return { outcome: "no install", said: got.said };
  const installed = seconds(began);
  const env = withPath(
    cell.path ?? [],
    cell.node === undefined ? process.env : await nodeOf(cell.node, folder),
  );
  const ran = performance.now();
  const result = await check(cell, { cwd, env, show });
  return { installed, ran: seconds(ran), ...result };
}

/**
 * `outcome`: "ok", or the first thing that was not; `said`: all that was printed there; `tells`: what a red test tells; `cost`: of
 * the import.
 */
async function check(cell, place) {
  if (cell.watch !== undefined) return watching(cell.watch, place);
  const [command, ...args] = cell.test ?? ["npm", "test"];
  const green = await run(command, args, place);
  if (!green.ok) return { outcome: "green tests failed", said: green.said };
  if (cell.says !== undefined && !cell.says.test(green.said))
    return { outcome: "green said nothing", said: green.said };
  if (cell.types === true) {
    const types = await run("npx", ["tsc", "-p", "."], place);
    if (!types.ok) return { outcome: "types failed", said: types.said };
  }
  if (cell.imports !== undefined) return importing(cell.imports, place);
  return cell.red === undefined ? { outcome: "ok" } : redTest(cell.red, place);
}

async function importing({ bareTimesMax, ...imports }, place) {
  const { bareMs, importMs } = await importCost(imports, place);
  const [added, bare] = [importMs, bareMs].map((ms) => `${ms.toFixed(0)} ms`);
  const said = `the import takes ${added} of the processor beside ${bare} of a bare start`;
  const isCheap = importMs <= bareTimesMax * bareMs;
  return { outcome: isCheap ? "ok" : "import too dear", said, cost: `, ${said}` };
}
