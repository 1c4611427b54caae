import { assert } from "../base/assert.ts";
import { Deque } from "../base/deque.ts";
import { type Zxid, zxidZero } from "../base/ids.ts";
import type { LogEntry } from "../txn/log-entry.ts";

/** How many applied transactions a peer keeps to bring others up to date without a snapshot (`zookeeper.commitLogCount`). */
export const committedLogMax = 500;

/** The last applied transactions, without holes inside an epoch, the newest being the last one applied (ZOOKEEPER-4925). */
export class CommittedLog {
  readonly #entries: Deque<LogEntry> = new Deque();

  get length(): number {
    return this.#entries.length;
  }

  /** The zxid of the oldest entry; 0 when empty. */
  get min(): Zxid {
    return this.#entries.first()?.zxid ?? zxidZero;
  }

  get max(): Zxid {
    return this.#entries.last()?.zxid ?? zxidZero;
  }

  push(entry: LogEntry): void {
    assert(this.#entries.length === 0 || entry.zxid > this.max, "the committed log ascends");
    this.#entries.push(entry);
    if (this.#entries.length > committedLogMax) this.#entries.shift();
  }

  clear(): void {
    this.#entries.clear();
  }

  [Symbol.iterator](): Iterator<LogEntry> {
    return this.#entries[Symbol.iterator]();
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
