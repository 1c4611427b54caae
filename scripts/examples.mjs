/**
 * Runs every project under examples/ as its reader would: in a folder of its own, against the packed tarball.
 * Usage: node scripts/examples.mjs [name…]; ZKMS_EXAMPLES_REPORT names a file for the totals.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const examples = join(root, "examples");
const wanted = process.argv.slice(2);
const limitMs = 180_000;

function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit", timeout: limitMs });
  if (error !== undefined) console.error(`${command} ${args.join(" ")}: ${error.message}`);
  return status === 0;
}

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

function pack(folder) {
  const packed = run("npm", ["pack", "--silent", "--pack-destination", folder], root);
  const tarball = packed && readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error("npm pack left no tarball");
  return join(folder, tarball);
}

function passes(name, tarball, folder) {
  const copy = join(folder, name);
  const left = ["node_modules", "package-lock.json"];
  cpSync(join(examples, name), copy, {
    recursive: true,
    filter: (path) => !left.includes(basename(path)),
  });
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  return (
    run("npm", ["install", "--save-dev", ...quiet, tarball], copy) && run("npm", ["test"], copy)
  );
}

const folder = mkdtempSync(join(tmpdir(), "zkms-examples-"));
const failed = [];
const names = projects();
try {
  const tarball = names.length > 0 ? pack(folder) : "";
  for (const name of names) {
    console.log(`\n== examples/${name}`);
    if (!passes(name, tarball, folder)) failed.push(name);
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
