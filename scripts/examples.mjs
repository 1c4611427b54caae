/**
 * Runs every project under examples/ as its reader would: in a folder of its own, against the packed tarball.
 * Usage: node scripts/examples.mjs [name…]; ZKMS_EXAMPLES_REPORT names a file for the totals.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyProject, install, pack, root, run } from "./projects.mjs";

const examples = join(root, "examples");
const wanted = process.argv.slice(2);

function projects() {
  if (!existsSync(examples)) return [];
  return readdirSync(examples)
    .filter((name) => wanted.length === 0 || wanted.includes(name))
    .filter((name) => {
      const manifest = join(examples, name, "package.json");
      return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).scripts?.test;
    })
    .sort();
}

function passes(name, tarball, folder) {
  const cwd = join(folder, name);
  copyProject(join("examples", name), cwd);
  return install(cwd, [tarball]) && run("npm", ["test"], { cwd });
}

const folder = mkdtempSync(join(tmpdir(), "zkms-examples-"));
const failed = [];
const names = projects();
try {
  const tarball = names.length > 0 ? pack(folder) : "";
  for (const name of names) {
    console.log(`\n== examples/${name}`);
    const began = performance.now();
    if (!passes(name, tarball, folder)) failed.push(name);
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
