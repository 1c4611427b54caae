import { constants, readdirSync, readFileSync, statSync } from "node:fs";
import { access, type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Files, OpenFile } from "./files.ts";

/** The machine's file system. */
export const systemFiles: Files = {
  list: (folder) => (exists(folder) ? readdirSync(folder) : []),
  read: (path) => (exists(path) ? readFileSync(path) : undefined),
  load: (path) => readFile(path).catch(orNothing),
  makeFolder,
  create: async (path) => new SystemFile(await open(path, "w")),
  cut: async (path, length) => {
    await withHandle(path, "r+", async (handle) => {
      await handle.truncate(length);
      await handle.sync();
    });
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  // Not on Windows, which has no such thing.
  syncFolder: async (path) => {
    if (process.platform !== "win32") await withHandle(path, "r", (handle) => handle.sync());
  },
};

/**
 * Asked beforehand, as Apache does (FileTxnSnapLog): what is on a read-only disk is not found out by looking. Folder by folder:
 * Node's own way to make all of them says of a read-only disk that there is no such folder, and below `/proc` it never ends.
 */
async function makeFolder(path: string): Promise<void> {
  if (!isFolder(path)) {
    if (dirname(path) !== path) await makeFolder(dirname(path));
    await mkdir(path).catch((error: unknown) => {
      if (!isFolder(path)) throw error; // else another peer was first
    });
  }
  await access(path, constants.W_OK);
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

function orNothing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

async function withHandle(
  path: string,
  flags: string,
  use: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const handle = await open(path, flags);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

class SystemFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(
        bytes,
        done,
        bytes.length - done,
        at + done,
      );
      done += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
