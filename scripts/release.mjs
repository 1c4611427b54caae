/**
 * Makes a release of what .changeset/ tells: checks, the suite on each Node and in each runner, version and changelog, commit and
 * tag, the package. Pushing is left to whoever runs it. `--dry-run` does the same in a clone that is thrown away, and asks the
 * registry to take nothing; there `--no-suite` leaves the tests out.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./projects.mjs";

const { values: flags } = parseArgs({
  options: { "dry-run": { type: "boolean" }, "no-suite": { type: "boolean" } },
});
const isDry = flags["dry-run"] === true;
if (flags["no-suite"] && !isDry) fail("a release without the suite", "--dry-run --no-suite");

function fail(what, hint) {
  console.error(`release: ${what}\n  try     ${hint}`);
  process.exit(1);
}

/** Runs it in the folder where the release is made, and gives what it printed; what fails ends the release. */
function run(command, args, { cwd = root, show = true } = {}) {
  console.log(`> ${command} ${args.join(" ")}`);
  const stdio = ["inherit", show ? "inherit" : "pipe", "inherit"];
  const { status, stdout, error } = spawnSync(command, args, { cwd, stdio, encoding: "utf8" });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(" ")} ended with ${status}`);
  return stdout?.trim() ?? "";
}

const read = (cwd, file) => readFileSync(join(cwd, file), "utf8");
const git = (args, cwd) => run("git", args, { cwd, show: false });

/** Beside the one that runs this. */
const otherNodes = ["22", "24"].filter((major) => !process.version.startsWith(`v${major}.`));

function runSuites(cwd) {
  run("npm", ["test"], { cwd });
  for (const major of otherNodes)
    run("npm", ["run", "--silent", "test:node", "--", major], { cwd });
  run("npm", ["run", "--silent", "matrix"], { cwd });
}

/** The examples are for the package that is released: a `^0.1.0` would not take 0.2.0. */
function askForVersion(version, cwd) {
  for (const name of readdirSync(join(cwd, "examples"))) {
    const file = join(cwd, "examples", name, "package.json");
    if (!existsSync(file)) continue;
    const asked = /("zookeeper-memory-server": )"\^[^"]*"/;
    writeFileSync(file, readFileSync(file, "utf8").replace(asked, `$1"^${version}"`));
  }
}

/** How what was done so far is taken back. */
let undo = "git status, git reset";

/** In `cwd`, from a clean tree: each step may end it, and none before the commit leaves a trace that git cannot take back. */
function release(cwd) {
  run("npx", ["changeset", "status"], { cwd });
  for (const script of ["lint", "types", "check:package"])
    run("npm", ["run", "--silent", script], { cwd });
  if (!flags["no-suite"]) runSuites(cwd);

  run("npx", ["changeset", "version"], { cwd });
  run("npm", ["install", "--package-lock-only", "--no-audit", "--no-fund"], { cwd });
  const { version } = JSON.parse(read(cwd, "package.json"));
  askForVersion(version, cwd);
  const tag = `v${version}`;
  if (!read(cwd, "CHANGELOG.md").includes(`\n## ${version}\n`))
    throw new Error(`CHANGELOG.md says nothing of ${version}`);
  if (git(["tag", "--list", tag], cwd) !== "") throw new Error(`the tag ${tag} is taken`);

  run("git", ["add", "--all"], { cwd });
  run("git", ["commit", "--quiet", "--message", `release: ${version}`], { cwd });
  run("git", ["tag", "--annotate", tag, "--message", `zookeeper-memory-server ${version}`], {
    cwd,
  });
  undo = `npm publish once more; or take it back: git tag -d ${tag}; git reset --hard HEAD~1`;
  run("npm", ["publish", ...(isDry ? ["--dry-run"] : [])], { cwd });
  return tag;
}

const dirty = git(["status", "--porcelain"]);
if (dirty !== "") fail(`the tree is not clean:\n${dirty}`, "git stash, or a commit");
const branch = git(["branch", "--show-current"]);
if (branch !== "main" && !isDry) fail(`${branch} is no branch to release from`, "git switch main");

try {
  if (isDry) {
    const tag = tryRelease();
    console.log(`release: ${tag} would be published; nothing of this repository has changed`);
  } else {
    const tag = release(root);
    console.log(`release: ${tag} is published; now git push origin main ${tag}`);
  }
} catch (error) {
  fail(error.message, isDry ? "the same once more, when that is mended" : undo);
}

function tryRelease() {
  const folder = mkdtempSync(join(tmpdir(), "zkms-release-"));
  try {
    const cwd = join(folder, "clone");
    git(["clone", "--quiet", root, cwd]);
    git(["switch", "--quiet", "--force-create", "main"], cwd);
    symlinkSync(join(root, "node_modules"), join(cwd, "node_modules"));
    return release(cwd);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
