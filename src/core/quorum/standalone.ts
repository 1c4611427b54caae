import { assert } from "../base/assert.ts";
import { Deque } from "../base/deque.ts";
import { nextZxid, type Zxid } from "../base/ids.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { QuorumOutput } from "./effects.ts";

/** A server without a quorum: it commits what its own log holds. Its zxids are of epoch 0 and just count. */
export class Standalone {
  lastCommitted: Zxid;
  #lastProposed: Zxid;
  readonly #outstanding: Deque<LogEntry> = new Deque();

  constructor(lastLogged: Zxid) {
    this.lastCommitted = lastLogged;
    this.#lastProposed = lastLogged;
  }

  get nextZxid(): Zxid {
    return nextZxid(this.#lastProposed);
  }

  get outstanding(): number {
    return this.#outstanding.length;
  }

  propose(entry: LogEntry, out: QuorumOutput[]): void {
    assert(entry.zxid === this.nextZxid, "transactions are numbered without holes");
    this.#lastProposed = entry.zxid;
    this.#outstanding.push(entry);
    out.push({ type: "append", entry });
  }

  appended(upTo: Zxid, out: QuorumOutput[]): void {
    for (;;) {
      const head = this.#outstanding.first();
      if (head === undefined || head.zxid > upTo) return;
      this.#outstanding.shift();
      this.lastCommitted = head.zxid;
      out.push({ type: "deliver", entry: head });
    }
  }
}
