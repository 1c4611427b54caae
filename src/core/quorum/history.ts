import { assert } from "../base/assert.ts";
import { type Zxid, zxidOf, zxidZero } from "../base/ids.ts";
import type { SnapshotSource } from "../storage/ports.ts";
import { LogEntry } from "../txn/log-entry.ts";

/** How many applied transactions a peer keeps to bring others up to date without a snapshot (`zookeeper.commitLogCount`). */
export const committedLogMax = 500;

/**
 * The last applied transactions, without holes inside an epoch, the newest being the last one applied (ZOOKEEPER-4925). Kept as
 * ranges of the bytes that they came in: as objects they would all be alive at every collection of young memory.
 */
export class CommittedLog {
  /** Rings, which spare an object for each entry; made when there is one to keep. */
  #zxids = new Float64Array(0);
  #starts = new Uint32Array(0);
  #ends = new Uint32Array(0);
  #sources: Uint8Array[] = [];
  #length = 0;
  /** Where the next one stands in the rings. */
  #next = 0;

  get length(): number {
    return this.#length;
  }

  /** The zxid of the oldest entry; 0 when empty. */
  get min(): Zxid {
    return this.#length === 0 ? zxidZero : this.#zxidAt(0);
  }

  get max(): Zxid {
    return this.#length === 0 ? zxidZero : this.#zxidAt(this.#length - 1);
  }

  push(entry: LogEntry): void {
    const { zxid } = entry;
    assert(zxid > this.max, "the committed log ascends");
    if (this.#zxids.length === 0) this.#make();
    const at = this.#next;
    this.#sources[at] = entry.source;
    this.#zxids[at] = zxid;
    this.#starts[at] = entry.start;
    this.#ends[at] = entry.end;
    this.#next = at + 1 === committedLogMax ? 0 : at + 1;
    if (this.#length < committedLogMax) this.#length += 1;
  }

  /** Of all entries, in order. */
  get zxids(): readonly Zxid[] {
    return Array.from({ length: this.#length }, (_, index) => this.#zxidAt(index));
  }

  clear(): void {
    this.#sources = [];
    this.#length = 0;
    this.#next = 0;
  }

  /** Entries above `zxid`, each decoded anew when it is asked for: a multi may take a millisecond. */
  *above(zxid: Zxid): Generator<LogEntry, void, void> {
    for (let index = 0; index < this.#length; index += 1) {
      const at = this.#placeOf(index);
      const source = this.#sources[at];
      if (source === undefined || this.#zxidAt(index) <= zxid) continue;
      yield LogEntry.decode(source.slice(this.#starts[at], this.#ends[at]));
    }
  }

  #make(): void {
    this.#zxids = new Float64Array(committedLogMax);
    this.#starts = new Uint32Array(committedLogMax);
    this.#ends = new Uint32Array(committedLogMax);
  }

  /** In the rings, of the entry `index` places behind the oldest. */
  #placeOf(index: number): number {
    return (this.#next - this.#length + index + committedLogMax) % committedLogMax;
  }

  #zxidAt(index: number): Zxid {
    return zxidOf(this.#zxids[this.#placeOf(index)] ?? 0);
  }
}

/** What a leader needs to know of its server's state to bring learners up to date. */
export interface History {
  /** The zxid of the tree: the last transaction applied, or the epoch's own once the leader is established. */
  readonly lastApplied: Zxid;
  readonly committed: CommittedLog;
  source(): SnapshotSource;
}
