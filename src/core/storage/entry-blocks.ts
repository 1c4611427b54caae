import { keepable } from "../base/bytes.ts";
import type { Zxid } from "../base/ids.ts";
import { LogEntry } from "../txn/log-entry.ts";

interface Block {
  readonly bytes: Uint8Array;
  readonly zxids: Zxid[];
  /** Where each entry begins and ends; what lies between two is of no use. */
  readonly starts: number[];
  readonly ends: number[];
  /** A large entry alone, in the memory it came in. */
  readonly isKept: boolean;
}

/** Of the first block: whoever logs little takes, and clears, little memory. Each that follows is four times as large. */
const firstBytes = 1024;

/** What may lie between two entries that are copied together: the frames of two packets. */
const gapMax = 64;

/**
 * The bytes of log entries in order, packed into blocks. A log of objects would survive every collection of young memory, which
 * took a quarter of a write's time. Entries that came in one chunk are copied together, when the first comes that did not: one
 * by one, each through a view of its own, they took 8% of a write's time. A large entry stays in the memory it came in.
 */
export class EntryBlocks {
  #blocks: Block[] = [];
  readonly #blockBytesMax: number;
  /** Where the newest entries are while they are not copied, and where in the last block they belong; nobody writes there. */
  #source: Uint8Array | undefined;
  #from = 0;
  #to = 0;
  #at = 0;

  constructor(blockBytesMax: number = 256 * 1024) {
    this.#blockBytesMax = blockBytesMax;
  }

  append(entry: LogEntry): void {
    const { source, start, end } = entry;
    const kept = keepable(source, start, end);
    if (kept !== undefined) return this.#keep(kept, entry.zxid);
    let block = this.#blocks[this.#blocks.length - 1];
    const gap = start - this.#to;
    const isNext = source === this.#source && gap >= 0 && gap <= gapMax;
    if (block === undefined || !isNext || this.#at + end - this.#from > block.bytes.length) {
      this.#copy();
      block = this.#blockFor(end - start);
      this.#source = source;
      this.#from = start;
      this.#at = block.ends[block.ends.length - 1] ?? 0;
    }
    this.#to = end;
    block.zxids.push(entry.zxid);
    block.starts.push(this.#at + start - this.#from);
    block.ends.push(this.#at + end - this.#from);
  }

  /** Forgets the entries above `zxid`. */
  truncate(zxid: Zxid): void {
    this.#copy();
    for (let last = this.#blocks.at(-1); last !== undefined; last = this.#blocks.at(-1)) {
      let keep = last.zxids.length;
      while (keep > 0 && (last.zxids[keep - 1] as Zxid) > zxid) keep -= 1;
      for (const list of [last.zxids, last.starts, last.ends]) list.length = keep;
      if (keep > 0) return;
      this.#blocks.pop();
    }
  }

  /** Forgets whole blocks of entries up to `zxid`; a few of those may stay. */
  dropUpTo(zxid: Zxid): void {
    this.#copy();
    const blocks = this.#blocks;
    while (blocks[0] !== undefined && (blocks[0].zxids.at(-1) ?? 0) <= zxid) blocks.shift();
  }

  clear(): void {
    this.#source = undefined;
    this.#blocks = [];
  }

  /** Entries above `zxid`, each decoded anew when it is asked for. */
  *above(zxid: Zxid): Generator<LogEntry, void, void> {
    this.#copy();
    for (const { bytes, zxids, starts, ends } of this.#blocks) {
      for (let index = 0; index < zxids.length; index += 1) {
        if ((zxids[index] as Zxid) <= zxid) continue;
        yield LogEntry.decode(bytes.slice(starts[index], ends[index]));
      }
    }
  }

  #keep(bytes: Uint8Array, zxid: Zxid): void {
    this.#copy();
    this.#blocks.push({ bytes, zxids: [zxid], starts: [0], ends: [bytes.length], isKept: true });
  }

  /** The last block, if that many bytes have room there, or another. */
  #blockFor(length: number): Block {
    const last = this.#blocks[this.#blocks.length - 1];
    const used = last?.ends[last.ends.length - 1] ?? 0;
    if (last !== undefined && used + length <= last.bytes.length) return last;
    const next = last === undefined || last.isKept ? firstBytes : last.bytes.length * 4;
    const bytes = new Uint8Array(Math.max(Math.min(next, this.#blockBytesMax), length));
    const block: Block = { bytes, zxids: [], starts: [], ends: [], isKept: false };
    this.#blocks.push(block);
    return block;
  }

  #copy(): void {
    const block = this.#blocks[this.#blocks.length - 1];
    if (this.#source !== undefined && block !== undefined) {
      block.bytes.set(this.#source.subarray(this.#from, this.#to), this.#at);
    }
    this.#source = undefined;
  }
}
