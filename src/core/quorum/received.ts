import { Deque } from "../base/deque.ts";
import { nextZxid, type Zxid, zxidZero } from "../base/ids.ts";
import type { LogEntry } from "../txn/log-entry.ts";

/** What a learner has from its leader: entries that wait for their turn, and where the history ends that it logged or loaded. */
export class Received {
  /** The end of the history that this peer has, committed or not. */
  #newest: Zxid = zxidZero;
  /** Received while the history arrives and not yet logged, oldest first. */
  #unlogged: LogEntry[] = [];
  /** COMMITs for them that came before UPTODATE. */
  #committed: Zxid[] = [];
  /** In the log, not yet acknowledged. */
  readonly #unacked: Deque<Zxid> = new Deque();
  /** In the log, not yet committed. */
  readonly #uncommitted: Deque<LogEntry> = new Deque();

  get newest(): Zxid {
    return this.#newest;
  }

  /** In the log, not yet committed, oldest first. */
  get uncommitted(): readonly LogEntry[] {
    return [...this.#uncommitted];
  }

  /** The history ends there: what the log holds, or the snapshot that comes. */
  endsAt(zxid: Zxid): void {
    this.#newest = zxid;
  }

  // ------------------------------------------------------------------ while the history arrives

  /** Apache goes on committing between its choice of the history and the snapshot, and sends what that holds once more. */
  keep(entry: LogEntry): void {
    if (entry.zxid > this.#newest) this.#unlogged.push(entry);
  }

  /** The entry kept of that zxid. */
  kept(zxid: Zxid): LogEntry | undefined {
    return this.#unlogged.find((entry) => entry.zxid === zxid);
  }

  commitLater(zxid: Zxid): void {
    this.#committed.push(zxid);
  }

  /** The oldest entry kept, if it is that one: from here on it is a part of the history. */
  takeKept(zxid: Zxid): LogEntry | undefined {
    if (this.#unlogged[0]?.zxid !== zxid) return undefined;
    this.#newest = zxid;
    return this.#unlogged.shift();
  }

  /** COMMITs that were put off. */
  takeCommitted(): readonly Zxid[] {
    const committed = this.#committed;
    this.#committed = [];
    return committed;
  }

  /** All that was kept and not committed. */
  takeUnlogged(): readonly LogEntry[] {
    const entries = this.#unlogged;
    this.#unlogged = [];
    return entries;
  }

  /** What is kept next; undefined: nothing. */
  get nextKept(): Zxid | undefined {
    return this.#unlogged[0]?.zxid;
  }

  // ------------------------------------------------------------------ in the stream

  /** "again": at or below the end of the history. */
  log(entry: LogEntry): "logged" | "again" | "hole" {
    if (entry.zxid <= this.#newest) return "again";
    const last = this.#uncommitted.last();
    if (last !== undefined && entry.zxid !== nextZxid(last.zxid)) return "hole";
    this.#newest = entry.zxid;
    this.#unacked.push(entry.zxid);
    this.#uncommitted.push(entry);
    return "logged";
  }

  /** The oldest entry that is not committed; undefined: none. */
  get nextUncommitted(): LogEntry | undefined {
    return this.#uncommitted.first();
  }

  takeUncommitted(): void {
    this.#uncommitted.shift();
  }

  /** The oldest entry to be acknowledged, once the log is durable up to a zxid. */
  takeUnacked(upTo: Zxid): Zxid | undefined {
    const zxid = this.#unacked.first();
    return zxid === undefined || zxid > upTo ? undefined : this.#unacked.shift();
  }
}
