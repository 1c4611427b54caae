import { assert } from "../base/assert.ts";
import { Deque } from "../base/deque.ts";
import { type Zxid, zxidOf, zxidZero } from "../base/ids.ts";
import { EntryBlocks } from "../storage/entry-blocks.ts";
import type { LogEntry } from "../txn/log-entry.ts";

/** How many applied transactions a peer keeps to bring others up to date without a snapshot (`zookeeper.commitLogCount`). */
export const committedLogMax = 500;

/** Some 200 small transactions. */
const blockBytes = 32 * 1024;

/**
 * The last applied transactions, without holes inside an epoch, the newest being the last one applied (ZOOKEEPER-4925). Kept as
 * bytes: as objects they would all be alive at every collection of young memory.
 */
export class CommittedLog {
  readonly #entries = new EntryBlocks(blockBytes);
  readonly #zxids: Deque<Zxid> = new Deque();

  get length(): number {
    return this.#zxids.length;
  }

  /** The zxid of the oldest entry; 0 when empty. */
  get min(): Zxid {
    return this.#zxids.first() ?? zxidZero;
  }

  get max(): Zxid {
    return this.#zxids.last() ?? zxidZero;
  }

  push(entry: LogEntry): void {
    assert(this.length === 0 || entry.zxid > this.max, "the committed log ascends");
    this.#entries.append(entry);
    this.#zxids.push(entry.zxid);
    if (this.length <= committedLogMax) return;
    const dropped = this.#zxids.shift() ?? zxidZero;
    this.#entries.dropUpTo(dropped);
  }

  clear(): void {
    this.#entries.clear();
    this.#zxids.clear();
  }

  /** Decoded anew. */
  [Symbol.iterator](): Iterator<LogEntry> {
    return this.#entries.above(zxidOf(this.min - 1)).values();
  }
}

/** What a leader needs to know of its server's state to bring learners up to date. */
export interface History {
  /** The zxid of the tree: the last transaction applied, or the epoch's own once the leader is established. */
  readonly lastApplied: Zxid;
  readonly committed: CommittedLog;
  /** The whole state as of now, as the bytes that follow SNAP. */
  snapshot(): Iterable<Uint8Array>;
}
