import { Deque } from "../base/deque.ts";
import { nextZxid, type Zxid } from "../base/ids.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { QuorumVerifier } from "./verifier.ts";

interface Proposal {
  readonly entry: LogEntry;
  /** Voters that have it durably in their logs, as the verifier's mask. */
  acks: number;
}

/** A leader's proposals that are not committed, and the rule by which they are: a quorum, strictly in zxid order. */
export class Proposals {
  /** Of proposals, in bytes; −1 before the first. */
  readonly size: { last: number; min: number; max: number } = { last: -1, min: -1, max: -1 };
  readonly #verifier: QuorumVerifier;
  /** Contiguous: the proposal of zxid z stands at z − first. In the leader's log already, in part not yet durably. */
  readonly #items: Deque<Proposal> = new Deque();

  constructor(verifier: QuorumVerifier) {
    this.#verifier = verifier;
  }

  get length(): number {
    return this.#items.length;
  }

  /** Oldest first. */
  get entries(): readonly LogEntry[] {
    return [...this.#items].map((proposal) => proposal.entry);
  }

  push(entry: LogEntry): void {
    this.#items.push({ entry, acks: 0 });
    const { size } = this;
    size.last = entry.size;
    size.min = size.min < 0 ? entry.size : Math.min(size.min, entry.size);
    size.max = Math.max(size.max, entry.size);
  }

  /** A voter has the entries above `after`, up to `upTo`. Those that are committed already, or were never proposed, are passed over. */
  acknowledge(bit: number, after: Zxid, upTo: Zxid): void {
    for (let zxid = nextZxid(after); zxid <= upTo; zxid = nextZxid(zxid)) {
      const proposal = this.#at(zxid);
      if (proposal !== undefined) proposal.acks |= bit;
    }
  }

  acknowledgeOne(bit: number, zxid: Zxid): void {
    const proposal = this.#at(zxid);
    if (proposal !== undefined) proposal.acks |= bit;
  }

  /** What a voter acknowledged counts no more: it may just have been told to cut it off. */
  forget(bit: number): void {
    for (const proposal of this.#items) proposal.acks &= ~bit;
  }

  /** Takes the oldest proposal if it is committed: it alone can be, however many acknowledgements those behind it have. */
  takeCommitted(): LogEntry | undefined {
    const head = this.#items.first();
    if (head === undefined || !this.#verifier.isQuorum(head.acks)) return undefined;
    this.#items.shift();
    return head.entry;
  }

  #at(zxid: Zxid): Proposal | undefined {
    const first = this.#items.first();
    return first === undefined ? undefined : this.#items.at(zxid - first.entry.zxid);
  }
}
