/** What the scripts share that try the package as its users do: the packed tarball, and projects in folders of their own. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
const limitMs = 300_000; // an install on a busy machine

/** Runs a command with its output shown; whether it ended well. */
export function run(command, args, { cwd, env = process.env, timeout = limitMs }) {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: "inherit", timeout });
  if (error !== undefined) console.error(`${command} ${args.join(" ")}: ${error.message}`);
  return status === 0;
}

/** Packs the package, as npm would publish it, into the folder; the path of the tarball. ZKMS_TARBALL names one that is ready. */
export function pack(folder) {
  if (process.env.ZKMS_TARBALL) return resolve(process.env.ZKMS_TARBALL);
  const packed = run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root });
  const tarball = packed && readdirSync(folder).find((name) => name.endsWith(".tgz"));
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

/** Installs what the project names, and these besides; whether that went well. */
export function install(cwd, packages) {
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
  return run("npm", ["install", "--save-dev", ...quiet, ...packages], { cwd });
}

/** An environment whose `node` is of another major version: the npm registry has Node's binaries as packages. */
export function nodeOf(major, folder) {
  const cwd = join(folder, `node-${major}`);
  const name = `node-${process.platform}-${process.arch}`;
  const bin = join(cwd, "node_modules", name, "bin");
  if (!existsSync(bin)) {
    mkdirSync(cwd, { recursive: true });
    writeFileSync(join(cwd, "package.json"), "{}");
    if (!install(cwd, [`${name}@${major}`])) throw new Error(`no ${name}@${major}`);
  }
  return { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
}
