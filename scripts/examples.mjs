/**
 * Runs every project under examples/ as its reader would: in a folder of its own, against the packed tarball.
 * Usage: node scripts/examples.mjs [name…]; ZKMS_EXAMPLES_REPORT names a file for the totals.
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { copyProject, install, pack, root, run } from "./projects.mjs";

const examples = join(root, "examples");
const wanted = process.argv.slice(2);

function manifestOf(name) {
  const file = join(examples, name, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

function projects() {
  return readdirSync(examples)
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .filter((name) => manifestOf(name).scripts?.test)
    .sort();
}

/** Where packages lie installed, by what was asked for: a project takes over those of an earlier one that needed the same. */
const installed = new Map();

async function passes(name, tarball, folder) {
  const cwd = join(folder, name);
  copyProject(join("examples", name), cwd);
  const { dependencies, devDependencies } = manifestOf(name);
  const needs = JSON.stringify([dependencies, devDependencies]);
  const from = installed.get(needs);
  if (from === undefined) {
    if (!(await install(cwd, [tarball])).ok) return false;
  } else {
    renameSync(join(from, "node_modules"), join(cwd, "node_modules"));
    console.log(`with the packages of ${basename(from)}`);
  }
  installed.set(needs, cwd);
  return (await run("npm", ["test"], { cwd })).ok;
}

const folder = mkdtempSync(join(tmpdir(), "zkms-examples-"));
const failed = [];
const names = projects();
try {
  const tarball = names.length > 0 ? await pack(folder) : "";
  for (const name of names) {
    console.log(`\n== examples/${name}`);
    const began = performance.now();
    if (!(await passes(name, tarball, folder))) failed.push(name);
    console.log(`-- ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const passed = names.length - failed.length;
console.log(`\nexamples: ${passed} passed, ${failed.length} failed ${failed.join(" ")}`.trimEnd());
if (process.env.ZKMS_EXAMPLES_REPORT) {
  const totals = { numPassedTests: passed, numFailedTests: failed.length };
  writeFileSync(process.env.ZKMS_EXAMPLES_REPORT, JSON.stringify(totals));
}
process.exitCode = failed.length > 0 ? 1 : 0;
