import { Deque } from "../base/deque.ts";
import { nextZxid, type Sid, sidOf, type Zxid } from "../base/ids.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { QuorumVerifier } from "./verifier.ts";

export interface Proposal {
  readonly entry: LogEntry;
  verifier: QuorumVerifier;
  /** Voters that have it durably in their logs, as the verifier's mask. */
  acks: number;
}

/** A leader's proposals that are not committed, and the rule by which they are: a quorum, strictly in zxid order. */
export class Proposals {
  /** Of proposals, in bytes; −1 before the first. */
  readonly size: { last: number; min: number; max: number } = { last: -1, min: -1, max: -1 };
  /** Contiguous: the proposal of zxid z stands at z − first. In the leader's log already, in part not yet durably. */
  readonly #items: Deque<Proposal> = new Deque();

  get length(): number {
    return this.#items.length;
  }

  /** Oldest first. */
  get entries(): readonly LogEntry[] {
    return [...this.#items].map((proposal) => proposal.entry);
  }

  push(entry: LogEntry, verifier: QuorumVerifier): void {
    this.#items.push({ entry, verifier, acks: 0 });
    const { size } = this;
    size.last = entry.size;
    size.min = size.min < 0 ? entry.size : Math.min(size.min, entry.size);
    size.max = Math.max(size.max, entry.size);
  }

  /** A voter has the entries above `after`, up to `upTo`. Those that are committed already, or were never proposed, are passed over. */
  acknowledge(sid: Sid, after: Zxid, upTo: Zxid): void {
    for (let zxid = nextZxid(after); zxid <= upTo; zxid = nextZxid(zxid)) {
      this.acknowledgeOne(sid, zxid);
    }
  }

  /**
   * Another configuration decides from here on, also about what was proposed before: those who have lost their votes may have left
   * for another role without a word.
   */
  decideBy(verifier: QuorumVerifier): void {
    for (const proposal of this.#items) {
      const { verifier: before, acks } = proposal;
      proposal.acks = 0;
      for (const sid of verifier.voters) {
        if ((before.bit(sid) & acks) !== 0) proposal.acks |= verifier.bit(sid);
      }
      proposal.verifier = verifier;
    }
  }

  acknowledgeOne(sid: Sid, zxid: Zxid): void {
    const proposal = this.#at(zxid);
    if (proposal !== undefined) proposal.acks |= proposal.verifier.bit(sid);
  }

  /** What a voter acknowledged counts no more: it may just have been told to cut it off. */
  forget(sid: Sid): void {
    for (const proposal of this.#items) proposal.acks &= ~proposal.verifier.bit(sid);
  }

  /** Takes the oldest proposal if it is committed: it alone can be, however many acknowledgements those behind it have. */
  takeCommitted(): Proposal | undefined {
    const head = this.#items.first();
    if (head === undefined || !head.verifier.isQuorum(head.acks)) return undefined;
    return this.#items.shift();
  }

  /**
   * Of several peers the one that has acknowledged most of what is under vote, the smallest sid among equals
   * (Leader.getDesignatedLeader).
   */
  mostRecent(candidates: readonly Sid[]): Sid | undefined {
    let left = candidates;
    for (const { verifier, acks } of this.#items) {
      const narrower = left.filter((sid) => (verifier.bit(sid) & acks) !== 0);
      if (narrower.length === 0) break;
      left = narrower;
    }
    return left.length === 0 ? undefined : sidOf(Math.min(...left));
  }

  #at(zxid: Zxid): Proposal | undefined {
    const first = this.#items.first();
    return first === undefined ? undefined : this.#items.at(zxid - first.entry.zxid);
  }
}
