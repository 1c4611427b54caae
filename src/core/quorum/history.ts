import { assert } from "../base/assert.ts";
import { type Zxid, zxidOf, zxidZero } from "../base/ids.ts";
import { EntryBlocks } from "../storage/entry-blocks.ts";
import type { SnapshotSource } from "../storage/ports.ts";
import type { LogEntry } from "../txn/log-entry.ts";

/** How many applied transactions a peer keeps to bring others up to date without a snapshot (`zookeeper.commitLogCount`). */
export const committedLogMax = 500;

/** Some 200 small transactions. */
const blockBytes = 32 * 1024;

/** How many entries may be behind the limit before their bytes are dropped. */
const slack = 128;

/**
 * The last applied transactions, without holes inside an epoch, the newest being the last one applied (ZOOKEEPER-4925). Kept as
 * bytes: as objects they would all be alive at every collection of young memory.
 */
export class CommittedLog {
  readonly #entries = new EntryBlocks(blockBytes);
  /** A ring, which spares an object for each number; made when there is one to keep. */
  #zxids = new Float64Array(0);
  #length = 0;
  /** Where the next one stands in the ring. */
  #next = 0;
  #untilDrop = slack;

  get length(): number {
    return this.#length;
  }

  /** The zxid of the oldest entry; 0 when empty. */
  get min(): Zxid {
    return this.#length === 0 ? zxidZero : this.#zxidAt(this.#next - this.#length);
  }

  get max(): Zxid {
    return this.#length === 0 ? zxidZero : this.#zxidAt(this.#next - 1);
  }

  push(entry: LogEntry): void {
    const { zxid } = entry;
    assert(zxid > this.max, "the committed log ascends");
    this.#entries.append(entry);
    if (this.#zxids.length === 0) this.#zxids = new Float64Array(committedLogMax);
    this.#zxids[this.#next] = zxid;
    this.#next = this.#next + 1 === committedLogMax ? 0 : this.#next + 1;
    if (this.#length < committedLogMax) {
      this.#length += 1;
      return;
    }
    this.#untilDrop -= 1;
    if (this.#untilDrop > 0) return;
    this.#untilDrop = slack;
    this.#entries.dropUpTo(zxidOf(this.min - 1));
  }

  /** Of all entries, in order. */
  get zxids(): readonly Zxid[] {
    return this.#entries.zxidsAbove(zxidOf(this.min - 1));
  }

  clear(): void {
    this.#entries.clear();
    this.#length = 0;
  }

  /** Decoded anew. */
  [Symbol.iterator](): Iterator<LogEntry> {
    return this.#entries.above(zxidOf(this.min - 1));
  }

  #zxidAt(index: number): Zxid {
    return zxidOf(this.#zxids[index < 0 ? index + committedLogMax : index] ?? 0);
  }
}

/** What a leader needs to know of its server's state to bring learners up to date. */
export interface History {
  /** The zxid of the tree: the last transaction applied, or the epoch's own once the leader is established. */
  readonly lastApplied: Zxid;
  readonly committed: CommittedLog;
  source(): SnapshotSource;
}
