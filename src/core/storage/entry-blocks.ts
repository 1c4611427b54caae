import { assert } from "../base/assert.ts";
import { keepable } from "../base/bytes.ts";
import type { Zxid } from "../base/ids.ts";
import { LogEntry } from "../txn/log-entry.ts";

interface Block {
  readonly bytes: Uint8Array;
  /** Its entries: so many of each list count. */
  count: number;
  readonly zxids: Zxid[];
  /** Where each entry begins and ends; what lies between two is of no use. */
  readonly starts: number[];
  readonly ends: number[];
  /** A large entry alone, in the memory it came in. */
  readonly isKept: boolean;
}

/** Of the first block: whoever logs little takes, and clears, little memory. Each that follows is four times as large. */
const firstBytes = 1024;

/** What a log of the usual 100,000 small transactions needs once more, when a snapshot has made it superfluous. */
const spareBytesMax = 16 * 1024 * 1024;

/** What may lie between two entries that are copied together: the frames of two packets. */
const gapMax = 64;

/**
 * The bytes of log entries in order, packed into blocks. A log of objects would survive every collection of young memory, which
 * took a quarter of a write's time. Entries that came in one chunk are copied together, when the first comes that did not: one
 * by one, each through a view of its own, they took 8% of a write's time. A large entry stays in the memory it came in. Blocks whose
 * entries were dropped are filled again: three logs took 1.4 microseconds a write with memory that nobody had before, and take 0.7.
 */
export class EntryBlocks {
  #blocks: Block[] = [];
  #spare: Block[] = [];
  /** How many blocks went so far, which may have other entries since. */
  #gone = 0;
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
      this.#at = usedIn(block);
    }
    this.#to = end;
    note(block, entry.zxid, this.#at + start - this.#from, this.#at + end - this.#from);
  }

  /** Forgets the entries above `zxid`. */
  truncate(zxid: Zxid): void {
    this.#copy();
    for (let last = this.#blocks.at(-1); last !== undefined; last = this.#blocks.at(-1)) {
      while (last.count > 0 && lastZxidIn(last) > zxid) last.count -= 1;
      if (last.count > 0) return;
      this.#blocks.pop();
    }
  }

  /** Forgets whole blocks of entries up to `zxid`; a few of those may stay. */
  dropUpTo(zxid: Zxid): void {
    this.#copy();
    const blocks = this.#blocks;
    while (blocks[0] !== undefined && lastZxidIn(blocks[0]) <= zxid) {
      this.#spareOne(blocks[0]);
      blocks.shift();
      this.#gone += 1;
    }
  }

  clear(): void {
    this.#source = undefined;
    this.#blocks = [];
    this.#spare = [];
  }

  /** Entries above `zxid`, each decoded anew when it is asked for; none may be dropped meanwhile. */
  *above(zxid: Zxid): Generator<LogEntry, void, void> {
    const gone = this.#gone;
    for (const block of this.#blocks) {
      for (let index = 0; index < block.count; index += 1) {
        if ((block.zxids[index] as Zxid) <= zxid) continue;
        this.#copy();
        yield LogEntry.decode(block.bytes.slice(block.starts[index], block.ends[index]));
        assert(this.#gone === gone, "nothing is dropped from a log while it is read");
      }
    }
  }

  #keep(bytes: Uint8Array, zxid: Zxid): void {
    this.#copy();
    const block = blockOf(bytes, true);
    note(block, zxid, 0, bytes.length);
    this.#blocks.push(block);
  }

  /** The last block, if that many bytes have room there, or another. */
  #blockFor(length: number): Block {
    const last = this.#blocks[this.#blocks.length - 1];
    if (last !== undefined && usedIn(last) + length <= last.bytes.length) return last;
    const next = last === undefined || last.isKept ? firstBytes : last.bytes.length * 4;
    const size = Math.max(Math.min(next, this.#blockBytesMax), length);
    const spare = size === this.#blockBytesMax ? this.#spare.pop() : undefined;
    const block = spare ?? blockOf(new Uint8Array(size), false);
    this.#blocks.push(block);
    return block;
  }

  #spareOne(block: Block): void {
    if (block.isKept || block.bytes.length !== this.#blockBytesMax) return;
    if ((this.#spare.length + 1) * this.#blockBytesMax > spareBytesMax) return;
    block.count = 0;
    this.#spare.push(block);
  }

  #copy(): void {
    const block = this.#blocks[this.#blocks.length - 1];
    if (this.#source !== undefined && block !== undefined) {
      block.bytes.set(this.#source.subarray(this.#from, this.#to), this.#at);
    }
    this.#source = undefined;
  }
}

const blockOf = (bytes: Uint8Array, isKept: boolean): Block => ({
  bytes,
  count: 0,
  zxids: [],
  starts: [],
  ends: [],
  isKept,
});

function note(block: Block, zxid: Zxid, start: number, end: number): void {
  const at = block.count;
  block.zxids[at] = zxid;
  block.starts[at] = start;
  block.ends[at] = end;
  block.count = at + 1;
}

const usedIn = (block: Block): number =>
  block.count === 0 ? 0 : (block.ends[block.count - 1] as number);

/** Of one that has any. */
const lastZxidIn = (block: Block): Zxid => block.zxids[block.count - 1] as Zxid;
