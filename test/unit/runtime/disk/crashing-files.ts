import { dirname } from "node:path";
import type { Prng } from "../../../../src/core/base/prng.ts";
import type { Files, OpenFile } from "../../../../src/runtime/disk/files.ts";
import { MemoryFiles } from "../../../../src/runtime/disk/memory-files.ts";

/** The bytes of one file, whatever its names: those that are durable, and what was written since. */
interface Inode {
  durable: Uint8Array;
  unsynced: { readonly at: number; readonly bytes: Uint8Array }[];
}

/** A change of what a folder holds. */
interface Naming {
  readonly folder: string;
  readonly apply: (names: Map<string, Inode>) => void;
}

/**
 * Files of which a power cut may leave as little as POSIX allows: of each file's unsynced writes a beginning, the last one torn, and
 * of a folder's unsynced changes a beginning. Before each change `onChange` is called, to look at what would be left.
 */
export class CrashingFiles implements Files {
  onChange: (what: string) => void = () => {};
  readonly #now = new MemoryFiles();
  /** Names and files as a process sees them. */
  readonly #names = new Map<string, Inode>();
  readonly #durableNames = new Map<string, Inode>();
  #namings: Naming[] = [];

  list(folder: string): readonly string[] {
    return this.#now.list(folder);
  }

  read(path: string): Uint8Array | undefined {
    return this.#now.read(path);
  }

  load(path: string): Promise<Uint8Array | undefined> {
    return this.#now.load(path);
  }

  async makeFolder(): Promise<void> {}

  async create(path: string): Promise<OpenFile> {
    this.onChange(`create ${path}`);
    const file = await this.#now.create(path);
    const inode: Inode = { durable: new Uint8Array(0), unsynced: [] };
    this.#names.set(path, inode);
    this.#name(dirname(path), (names) => names.set(path, inode));
    return {
      write: async (bytes, at) => {
        this.onChange(`write ${bytes.length} bytes at ${at} of ${path}`);
        await file.write(bytes, at);
        inode.unsynced.push({ at, bytes: bytes.slice() });
      },
      sync: async () => {
        this.onChange(`sync ${path}`);
        inode.durable = written(inode, inode.unsynced.length);
        inode.unsynced = [];
      },
      close: () => file.close(),
    };
  }

  async cut(path: string, length: number): Promise<void> {
    this.onChange(`cut ${path} to ${length}`);
    await this.#now.cut(path, length);
    const inode = this.#names.get(path);
    if (inode === undefined) throw new Error(`no file ${path}`);
    inode.durable = written(inode, inode.unsynced.length).slice(0, length);
    inode.unsynced = [];
  }

  async rename(from: string, to: string): Promise<void> {
    this.onChange(`rename ${from} to ${to}`);
    await this.#now.rename(from, to);
    move(this.#names, from, to);
    this.#name(dirname(to), (names) => move(names, from, to));
  }

  async remove(path: string): Promise<void> {
    this.onChange(`remove ${path}`);
    await this.#now.remove(path);
    this.#names.delete(path);
    this.#name(dirname(path), (names) => names.delete(path));
  }

  async syncFolder(path: string): Promise<void> {
    this.onChange(`sync folder ${path}`);
    for (const { folder, apply } of this.#namings) if (folder === path) apply(this.#durableNames);
    this.#namings = this.#namings.filter(({ folder }) => folder !== path);
  }

  /** What is left when the process dies now: all that it wrote. */
  afterDeath(): MemoryFiles {
    const left = [...this.#names].map(
      ([path, inode]) => [path, written(inode, inode.unsynced.length)] as const,
    );
    return new MemoryFiles(new Map(left));
  }

  /** What is left when the power is cut now. */
  afterPowerCut(prng: Prng): MemoryFiles {
    const names = new Map(this.#durableNames);
    for (const folder of new Set(this.#namings.map((naming) => naming.folder))) {
      const changes = this.#namings.filter((naming) => naming.folder === folder);
      for (const { apply } of changes.slice(0, prng.between(0, changes.length))) apply(names);
    }
    const left = [...names].map(([path, inode]) => [path, torn(inode, prng)] as const);
    return new MemoryFiles(new Map(left));
  }

  #name(folder: string, apply: Naming["apply"]): void {
    this.#namings.push({ folder, apply });
  }
}

function move(names: Map<string, Inode>, from: string, to: string): void {
  const inode = names.get(from);
  if (inode === undefined) return; // its creation was lost: a crash takes changes of a folder from the end
  names.delete(from);
  names.set(to, inode);
}

function written({ durable, unsynced }: Inode, count: number): Uint8Array {
  let bytes = durable;
  for (const write of unsynced.slice(0, count)) bytes = overwritten(bytes, write.at, write.bytes);
  return bytes;
}

function overwritten(bytes: Uint8Array, at: number, more: Uint8Array): Uint8Array {
  const longer = new Uint8Array(Math.max(bytes.length, at + more.length));
  longer.set(bytes);
  longer.set(more, at);
  return longer;
}

/** A beginning of the unsynced writes, of the last one a part; what is not there may read as zeros. */
function torn(inode: Inode, prng: Prng): Uint8Array {
  const count = prng.between(0, inode.unsynced.length);
  const whole = written(inode, count);
  const next = inode.unsynced[count];
  if (next === undefined || prng.chance(0.5)) return whole;
  const part = next.bytes.slice(0, prng.between(0, next.bytes.length));
  if (prng.chance(0.5)) return overwritten(whole, next.at, part);
  const zeros = new Uint8Array(next.bytes.length);
  zeros.set(part);
  return overwritten(whole, next.at, zeros);
}
