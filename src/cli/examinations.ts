import { once } from "node:events";
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { findInstallation, installCommand } from "../apache/installation.ts";
import { optionsFromEnvironment } from "../ensemble/environment.ts";
import type { Examination, Finding } from "./doctor.ts";

const nodeLeast = [20, 19] as const;
const openFilesLeast = 1024;
const freeBytesLeast = 64 * 2 ** 20;

/** What an ensemble needs of a machine, in the order in which it needs it. */
export const examinations: readonly Examination[] = [
  { name: "node", look: node },
  { name: "machine", look: machine },
  { name: "loopback", look: loopback },
  { name: "open files", look: openFiles },
  { name: "temp folder", look: tempFolder },
  { name: "environment", look: environment },
  { name: "runners", look: runners },
  { name: "TLS", look: tls },
  { name: "Apache", look: apache },
];

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [majorLeast, minorLeast] = nodeLeast;
  const what = `${process.version} ${process.platform} ${process.arch}`;
  if (major > majorLeast || (major === majorLeast && minor >= minorLeast)) {
    return process.platform === "linux"
      ? { state: "ok", what }
      : { state: "note", what, hint: "Linux: other systems are untested" };
  }
  return { state: "bad", what, hint: `Node ${nodeLeast.join(".")} or later` };
}

function machine(): Finding {
  const cores = availableParallelism();
  const what = `${cores} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  return cores > 1
    ? { state: "ok", what }
    : { state: "note", what, hint: "a second core, for the tests beside the ensemble" };
}

async function loopback(): Promise<Finding> {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no port was given");
    const begunAt = performance.now();
    const socket = connect(address.port, "127.0.0.1");
    socket.write("ping");
    await once(socket, "data");
    socket.destroy();
    const took = `${(performance.now() - begunAt).toFixed(1)} ms`;
    return { state: "ok", what: `127.0.0.1 takes a connection and answers in ${took}` };
  } finally {
    server.close();
  }
}

function openFiles(): Finding {
  const report: unknown = process.report.getReport();
  const soft = softLimit(report);
  if (soft === undefined) return { state: "note", what: "not known on this system" };
  const what = `up to ${soft}`;
  return soft === "unlimited" || Number(soft) >= openFilesLeast
    ? { state: "ok", what }
    : { state: "note", what, hint: `ulimit -n ${openFilesLeast}, for hundreds of clients` };
}

function softLimit(report: unknown): string | undefined {
  let value = report;
  for (const key of ["userLimits", "open_files", "soft"]) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value === undefined ? undefined : String(value);
}

const fsyncs = 10;

function tempFolder(): Finding {
  const dir = mkdtempSync(join(tmpdir(), "zkms-doctor-"));
  try {
    const file = openSync(join(dir, "probe"), "w");
    const begunAt = performance.now();
    for (let round = 0; round < fsyncs; round += 1) {
      writeSync(file, "x");
      fsyncSync(file);
    }
    const fsyncMs = (performance.now() - begunAt) / fsyncs;
    closeSync(file);
    const { bavail, bsize } = statfsSync(dir);
    const what = `${tmpdir()}, ${(Number(bavail * bsize) / 2 ** 30).toFixed(1)} GiB free, an fsync takes ${fsyncMs.toFixed(1)} ms`;
    return bavail * bsize >= freeBytesLeast
      ? { state: "ok", what }
      : { state: "note", what, hint: "TMPDIR on a disk with room, for storage on disk" };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function environment(): Finding {
  optionsFromEnvironment(process.env); // complains of names that nobody reads, and of values
  const names = Object.keys(process.env).filter((name) => name.startsWith("ZKMS_"));
  return { state: "ok", what: names.length === 0 ? "no ZKMS_ variable is set" : names.join(", ") };
}

const runnersKnown: readonly (readonly [string, number])[] = [
  ["vitest", 3],
  ["jest", 29],
];

function runners(): Finding {
  const found = runnersKnown.flatMap(([name, least]) => {
    const version = versionHere(name);
    return version === undefined ? [] : [{ name, version, least }];
  });
  const what = found.map(({ name, version }) => `${name} ${version}`).join(", ");
  const old = found.find(({ version, least }) => Number.parseInt(version, 10) < least);
  if (old !== undefined) return { state: "bad", what, hint: `${old.name} ${old.least} or later` };
  return found.length > 0
    ? { state: "ok", what }
    : { state: "note", what: "neither vitest nor jest in this folder's packages" };
}

function tls(): Finding {
  const version = versionHere("node-forge");
  return version === undefined
    ? { state: "note", what: "no node-forge", hint: "npm install -D node-forge, for tls: true" }
    : { state: "ok", what: `node-forge ${version}, for tls: true` };
}

function apache(): Finding {
  try {
    const { java } = findInstallation();
    return { state: "ok", what: `engine "apache" runs with ${java}` };
  } catch {
    return { state: "note", what: 'not installed; engine "apache" needs it', hint: installCommand };
  }
}

/** Of the package as this folder's own code would get it. */
function versionHere(name: string): string | undefined {
  try {
    const manifest: unknown = createRequire(join(process.cwd(), "x.js"))(`${name}/package.json`);
    if (typeof manifest !== "object" || manifest === null) return undefined;
    return String(Reflect.get(manifest, "version"));
  } catch {
    return undefined;
  }
}
