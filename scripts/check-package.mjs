/** Judges the packed tarball: its size, that installing it runs nothing, and what publint and attw say of its entries. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack, root, run } from "./projects.mjs";

const tarballBytesMax = 1_500_000;
const installScripts = ["preinstall", "install", "postinstall", "prepare"];

const folder = mkdtempSync(join(tmpdir(), "zkms-package-"));
const complaints = [];
try {
  const tarball = await pack(folder);
  const { size } = statSync(tarball);
  console.log(`tarball: ${size} bytes, of ${tarballBytesMax}`);
  if (size > tarballBytesMax)
    complaints.push("the tarball is too large: npm pack --dry-run lists it");

  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of installScripts)
    if (name in scripts) complaints.push(`the script "${name}" would run where it is installed`);

  const listed = spawnSync("tar", ["-tzf", tarball], { encoding: "utf8" }).stdout.split("\n");
  if (listed.includes("package/binding.gyp")) complaints.push("npm would build binding.gyp");

  const options = { cwd: root };
  const publint = await run("npx", ["publint", "run", tarball, "--strict"], options);
  if (!publint.ok) complaints.push("publint");
  const attw = await run("npx", ["attw", tarball, "--profile", "node16"], options);
  if (!attw.ok) complaints.push("attw");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const complaint of complaints) console.error(`package: ${complaint}`);
process.exitCode = complaints.length > 0 ? 1 : 0;
