/**
 * Judges the packed tarball: its size, that installing it runs nothing, that its pages lead to pages that it has, what importing it
 * makes Node read, and what publint and attw say of its entries.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { importLoad } from "./import-load.mjs";
import { pack, root, run } from "./projects.mjs";

const tarballBytesMax = 1_500_000;
const installScripts = ["preinstall", "install", "postinstall", "prepare"];

/** Time is the machine's, but it is these that cost it: each file a millisecond or so, and the engine's half megabyte ten. */
const importMax = { files: 3, bytes: 10_000 };
/** What the first `startEnsemble` of a process waits for: four turns of the thread pool a file, beside the reading of it. */
const bootFilesMax = 8;
/** Half of what the first ensemble of a process waited for, and most never need them: whoever does gets them when it is time. */
const rarelyNeeded = ["crypto", "dns/promises", "http", "tls", "zlib"].map(
  (name) => `node:${name}`,
);

/** What a packed page links to beside it, but for pictures, whose words tell of them. Both are named as the tarball does. */
function linksOf(page) {
  const text = readFileSync(join(root, page.slice("package/".length)), "utf8");
  const links = text.replace(/^```.*?^```/gms, "").matchAll(/(?<!!)\[[^\]]*\]\(([^)#\s]+)[^)]*\)/g);
  return [...links]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => posix.join(posix.dirname(page), target));
}

const isAmong = (files, name) =>
  files.includes(name) || files.some((file) => file.startsWith(`${name.replace(/\/$/, "")}/`));

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

  // The README is read where the whole repository is beside it, too: npm's page leads there.
  for (const page of listed.filter((name) => name.endsWith(".md") && name !== "package/README.md"))
    for (const target of linksOf(page).filter((name) => !isAmong(listed, name)))
      complaints.push(`${page} leads to ${target}, which is not packed: name it by words`);

  const dist = join(root, "dist");
  const isBoot = (name) => /^boot-.*\.[cm]js$/.test(name);
  const boots = readdirSync(dist).filter(isBoot);
  if (boots.length !== 2) complaints.push(`dist has ${boots.length} files that boot, not 2`);
  for (const name of ["index.mjs", "index.cjs", ...boots]) {
    const { files, bytes, builtIns } = importLoad(join(dist, name));
    console.log(`${name}: loads ${files.length} files, ${bytes} bytes, ${builtIns.join(", ")}`);
    if (!isBoot(name) && (files.length > importMax.files || bytes > importMax.bytes))
      complaints.push(`${name} loads too much: what only a call needs is imported by the call`);
    if (isBoot(name) && files.length > bootFilesMax)
      complaints.push(
        `${name} loads many files: tsdown.config.ts puts together what is always loaded`,
      );
    for (const builtIn of builtIns.filter((one) => rarelyNeeded.includes(one)))
      complaints.push(`${name} loads ${builtIn}, which few need`);
    if (files.some((file) => file.includes(join(dist, "cli"))))
      complaints.push(`${name} loads a file of the CLI's, which would run`);
  }

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
