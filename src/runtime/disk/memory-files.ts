import type { Files, OpenFile } from "./files.ts";

/** Files that live as long as this object: what memory storage with `fsync` writes to. Folders are but parts of names. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, MemoryFile>();

  /** `content`: the bytes of files that are there from the beginning. */
  constructor(content: ReadonlyMap<string, Uint8Array> = new Map()) {
    for (const [path, bytes] of content) this.#files.set(path, new MemoryFile(bytes));
  }

  list(folder: string): readonly string[] {
    const inside = `${folder}/`;
    return [...this.#files.keys()]
      .filter((path) => path.startsWith(inside) && !path.includes("/", inside.length))
      .map((path) => path.slice(inside.length));
  }

  /** A copy. */
  read(path: string): Uint8Array | undefined {
    return this.#files.get(path)?.copy();
  }

  async load(path: string): Promise<Uint8Array | undefined> {
    return this.read(path);
  }

  async makeFolder(): Promise<void> {}

  async create(path: string): Promise<OpenFile> {
    const file = new MemoryFile();
    this.#files.set(path, file);
    return file;
  }

  async cut(path: string, length: number): Promise<void> {
    this.#files.get(path)?.cut(length);
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#files.get(from);
    if (file === undefined) throw new Error(`ENOENT: no such file, rename '${from}'`);
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(path);
  }

  async syncFolder(): Promise<void> {}
}

class MemoryFile implements OpenFile {
  #bytes: Uint8Array;
  #length: number;

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes.slice();
    this.#length = bytes.length;
  }

  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  cut(length: number): void {
    if (length >= this.#length) return;
    this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    const end = at + bytes.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 1024, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, at);
    this.#length = Math.max(this.#length, end);
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {}
}
