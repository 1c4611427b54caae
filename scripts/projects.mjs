/** What the scripts share that try the package as its users do: the packed tarball, and projects in folders of their own. */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
const limitMs = 300_000; // an install on a busy machine

/** Runs a command to its end: whether that was a good one, and what it said, which is shown unless somebody else will. */
export function run(command, args, { cwd, env = process.env, timeout = limitMs, show = true }) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd, env, timeout, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const hear = (stream) => (chunk) => {
      said += chunk;
      if (show) stream.write(chunk);
    };
    child.stdout.setEncoding("utf8").on("data", hear(process.stdout));
    child.stderr.setEncoding("utf8").on("data", hear(process.stderr));
    const failed = (error) => {
      hear(process.stderr)(`${command} ${args.join(" ")}: ${error.message}\n`);
      done({ ok: false, said });
    };
    child.once("error", failed);
    child.once("close", (code, signal) => {
      if (signal === null) done({ ok: code === 0, said });
      else failed(new Error(`ended by ${signal}`));
    });
  });
}

/** Packs the package, as npm would publish it, into the folder; the path of the tarball. ZKMS_TARBALL names one that is ready. */
export async function pack(folder) {
  if (process.env.ZKMS_TARBALL) return resolve(process.env.ZKMS_TARBALL);
  const { ok } = await run("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: root,
  });
  const tarball = ok && readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error("npm pack left no tarball");
  return join(folder, tarball);
}

/** Copies a project of this repository, without what an install left there. */
export function copyProject(from, to) {
  const left = ["node_modules", "package-lock.json"];
  cpSync(join(root, from), to, {
    recursive: true,
    filter: (path) => !left.includes(basename(path)),
  });
}

/** Writes files, by their paths in the folder. */
export function writeFiles(folder, files) {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** Installs what the project names, and these besides; as `run`. */
export function install(cwd, packages, options) {
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
  return run("npm", ["install", "--save-dev", ...quiet, ...packages], { cwd, ...options });
}

/** An environment in which the programs of these folders are found first. */
export const withPath = (folders, env = process.env) => ({
  ...env,
  PATH: [...folders, env.PATH].join(delimiter),
});

/** An environment whose `node` is of another major version: the npm registry has Node's binaries as packages. */
export async function nodeOf(major, folder) {
  const cwd = join(folder, `node-${major}`);
  const name = `node-${process.platform}-${process.arch}`;
  const bin = join(cwd, "node_modules", name, "bin");
  if (!existsSync(bin)) {
    writeFiles(cwd, { "package.json": "{}" });
    if (!(await install(cwd, [`${name}@${major}`])).ok) throw new Error(`no ${name}@${major}`);
  }
  return withPath([bin]);
}
