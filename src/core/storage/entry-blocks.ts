import type { Zxid } from "../base/ids.ts";
import { LogEntry } from "../txn/log-entry.ts";

interface Block {
  readonly bytes: Uint8Array;
  readonly zxids: Zxid[];
  /** Where each entry ends. */
  readonly ends: number[];
}

/** Of the first block: whoever logs little takes, and clears, little memory. Each that follows is four times as large. */
const firstBytes = 1024;

/**
 * The bytes of log entries in order, packed into blocks. A log of objects would survive every collection of young memory, which
 * took a quarter of a write's time.
 */
export class EntryBlocks {
  #blocks: Block[] = [];
  readonly #blockBytesMax: number;

  constructor(blockBytesMax: number = 256 * 1024) {
    this.#blockBytesMax = blockBytesMax;
  }

  append(entry: LogEntry): void {
    const { bytes } = entry;
    let block = this.#blocks.at(-1);
    let at = block?.ends.at(-1) ?? 0;
    if (block === undefined || at + bytes.length > block.bytes.length) {
      const next = block === undefined ? firstBytes : block.bytes.length * 4;
      const size = Math.max(Math.min(next, this.#blockBytesMax), bytes.length);
      block = { bytes: new Uint8Array(size), zxids: [], ends: [] };
      this.#blocks.push(block);
      at = 0;
    }
    block.bytes.set(bytes, at);
    block.zxids.push(entry.zxid);
    block.ends.push(at + bytes.length);
  }

  /** Forgets the entries above `zxid`. */
  truncate(zxid: Zxid): void {
    for (let last = this.#blocks.at(-1); last !== undefined; last = this.#blocks.at(-1)) {
      let keep = last.zxids.length;
      while (keep > 0 && (last.zxids[keep - 1] as Zxid) > zxid) keep -= 1;
      last.zxids.length = keep;
      last.ends.length = keep;
      if (keep > 0) return;
      this.#blocks.pop();
    }
  }

  /** Forgets whole blocks of entries up to `zxid`; a few of those may stay. */
  dropUpTo(zxid: Zxid): void {
    const blocks = this.#blocks;
    while (blocks[0] !== undefined && (blocks[0].zxids.at(-1) ?? 0) <= zxid) blocks.shift();
  }

  clear(): void {
    this.#blocks = [];
  }

  /** Those of the entries above `zxid`. */
  zxidsAbove(zxid: Zxid): readonly Zxid[] {
    return this.#blocks.flatMap(({ zxids }) => zxids.filter((each) => each > zxid));
  }

  /** Entries above `zxid`, each decoded anew when it is asked for. */
  *above(zxid: Zxid): Generator<LogEntry, void, void> {
    for (const { bytes, zxids, ends } of this.#blocks) {
      for (let index = 0; index < zxids.length; index += 1) {
        if ((zxids[index] as Zxid) <= zxid) continue;
        yield LogEntry.decode(bytes.slice(ends[index - 1] ?? 0, ends[index]));
      }
    }
  }
}
