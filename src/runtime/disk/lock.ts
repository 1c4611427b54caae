import { readFileSync, realpathSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { StorageError } from "./storage-error.ts";

/** Beside `myid`, where Apache does not look. */
const lockName = "zookeeper-memory-server.lock";

/** Folders held by this process, by their real paths; both builds of this package may be loaded in it (ruling 3). */
const held: Set<string> = heldFolders();

/**
 * Keeps folders for one peer until the function returned is called, whatever paths lead others to them. Throws StorageError where
 * somebody else has one.
 */
export async function lockFolders(folders: Iterable<string>): Promise<() => Promise<void>> {
  const unlocks: (() => Promise<void>)[] = [];
  const unlock = async (): Promise<void> => {
    for (const each of unlocks) await each();
  };
  try {
    for (const folder of new Set([...folders].map(realPathOf))) {
      unlocks.push(await lockFolder(folder));
    }
    return unlock;
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, lockName);
  const holder = holderOf(path);
  if (held.has(folder) || (holder !== undefined && holder.pid !== process.pid && isAlive(holder))) {
    const who = `process ${holder?.pid ?? process.pid}`;
    throw new StorageError(folder, `in use by another ensemble, of ${who} (${lockName})`);
  }
  held.add(folder);
  try {
    const file = await open(path, "w");
    await file.writeFile(`${process.pid} ${startOf(process.pid) ?? ""}\n`);
    await file.close();
  } catch (error) {
    held.delete(folder);
    throw StorageError.from(path, error);
  }
  return async () => {
    held.delete(folder);
    // What is left where the disk is read-only by now holds nobody up, once this process is gone.
    await rm(path, { force: true }).catch(() => {});
  };
}

function realPathOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw StorageError.from(folder, error);
  }
}

interface Holder {
  readonly pid: number;
  /** When it began, in the system's measure; "" where the system does not tell. */
  readonly start: string;
}

function holderOf(path: string): Holder | undefined {
  try {
    const [pid = "", start = ""] = readFileSync(path, "utf8").trim().split(" ");
    return /^\d+$/.test(pid) ? { pid: Number(pid), start } : undefined;
  } catch {
    return undefined; // there is none
  }
}

/** A process that crashed leaves its lock behind, and its number may go to another. */
function isAlive({ pid, start }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return typeof error === "object" && error !== null && "code" in error && error.code === "EPERM";
  }
  return start === "" || startOf(pid) === start;
}

/** Field 22 of Linux's stat; the second may hold spaces and parentheses. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function heldFolders(): Set<string> {
  const key = Symbol.for("zookeeper-memory-server/folders");
  const place: { [key]?: Set<string> } = globalThis as { [key]?: Set<string> };
  place[key] ??= new Set();
  return place[key];
}
