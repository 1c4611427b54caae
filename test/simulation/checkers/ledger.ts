import {
  counterOf,
  type Epoch,
  epochFrom,
  epochOf,
  formatZxid,
  nextZxid,
  type SessionId,
  type Sid,
  type Zxid,
  zxidZero,
} from "../../../src/core/base/ids.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import type { LogEntry } from "../../../src/core/txn/log-entry.ts";
import { hold, type Invariant } from "./violation.ts";

interface Known {
  readonly entry: LogEntry;
  /** What stood before it in the log of the leader that proposed it; that makes a zxid stand for a whole history. */
  readonly before: Zxid;
}

interface Term {
  readonly leader: Sid;
  /** The last zxid of the history that the leader started from. */
  readonly base: Zxid;
  established: boolean;
}

/**
 * What an all-knowing witness has written down: every entry ever proposed, the leader of each epoch, and the one sequence of
 * committed entries.
 */
export class Ledger {
  /** The committed zxids, oldest first. */
  readonly committed: Zxid[] = [];
  readonly #committedSet = new Set<Zxid>([zxidZero]);
  readonly #known = new Map<Zxid, Known>();
  readonly #closed = new Map<SessionId, Zxid>();
  readonly #terms = new Map<Epoch, Term>();
  readonly #initialCounter: number;
  /** The highest epoch established. */
  #lastEpoch: Epoch = epochFrom(0);

  constructor(initialCounter: number) {
    this.#initialCounter = initialCounter;
  }

  get lastCommitted(): Zxid {
    return this.committed.at(-1) ?? zxidZero;
  }

  /** How many were established. */
  get epochs(): number {
    return [...this.#terms.values()].filter((term) => term.established).length;
  }

  isCommitted(zxid: Zxid): boolean {
    return this.#committedSet.has(zxid);
  }

  entry(zxid: Zxid): LogEntry | undefined {
    return this.#known.get(zxid)?.entry;
  }

  before(zxid: Zxid): Zxid {
    return this.#known.get(zxid)?.before ?? zxidZero;
  }

  term(epoch: Epoch): Term | undefined {
    return this.#terms.get(epoch);
  }

  /** An epoch's own zxid stands for the history that its leader started from. */
  real(zxid: Zxid): Zxid {
    if (counterOf(zxid) !== 0 || zxid === zxidZero) return zxid;
    const term = this.#terms.get(epochOf(zxid));
    hold(term !== undefined, "Integrity", () => `epoch zxid ${formatZxid(zxid)} of nobody's epoch`);
    return term?.base ?? zxidZero;
  }

  /** The zxid of the transaction that closed a session. */
  closedAt(session: SessionId): Zxid | undefined {
    return this.#closed.get(session);
  }

  /** Whether the history that ends in `last` contains the entry `zxid`. */
  contains(last: Zxid, zxid: Zxid): boolean {
    let at = this.real(last);
    while (at > zxid) at = this.before(at);
    return at === zxid;
  }

  /** Somebody logs an entry behind `tail`; `leads`: the epoch that it is the established leader of. */
  logged(entry: LogEntry, tail: Zxid, leads: Epoch | undefined): void {
    const { zxid } = entry;
    const known = this.#known.get(zxid);
    if (known === undefined) return this.#proposed(entry, tail, leads);
    hold(leads !== epochOf(zxid), "I19 one zxid, one content", () => `${formatZxid(zxid)} again`);
    hold(sameContent(known.entry, entry), "I19 one zxid, one content", () => formatZxid(zxid));
    hold(
      known.before === tail,
      "PrefixConsistency",
      () =>
        `${formatZxid(zxid)} logged behind ${formatZxid(tail)}, proposed behind ${formatZxid(known.before)}`,
    );
  }

  /** A leader has its quorum of promises: its epoch begins with the history that ends in `base`. */
  begun(epoch: Epoch, leader: Sid, base: Zxid): void {
    const term = this.#terms.get(epoch);
    hold(
      term === undefined,
      term?.leader === leader ? "Leadership2" : "Leadership1",
      () => `epoch ${epoch} of peer ${leader}, and of peer ${term?.leader} already`,
    );
    this.#terms.set(epoch, { leader, base, established: false });
  }

  /**
   * A server without a quorum starts from what its disk holds: that is committed, and what it lost was not. Its epoch is 0, and it
   * numbers on from there.
   */
  startedAlone(sid: Sid, last: Zxid): void {
    hold(
      last >= this.lastCommitted,
      "I5 what is committed stays",
      () => `the disk ends at ${formatZxid(last)}, committed is ${formatZxid(this.lastCommitted)}`,
    );
    for (const zxid of [...this.#known.keys()]) if (zxid > last) this.#known.delete(zxid);
    for (let zxid = nextZxid(this.lastCommitted); zxid <= last; zxid = nextZxid(zxid)) {
      this.#commit(zxid);
    }
    this.#terms.set(epochFrom(0), { leader: sid, base: zxidZero, established: true });
  }

  /** A leader's epoch is established: its whole history is committed. */
  established(epoch: Epoch, leader: Sid): void {
    const term = this.#terms.get(epoch);
    hold(term?.leader === leader, "Leadership2", () => `epoch ${epoch} is peer ${term?.leader}'s`);
    if (term === undefined) return;
    hold(!term.established, "Leadership2", () => `epoch ${epoch} is established twice`);
    term.established = true;
    if (epoch < this.#lastEpoch) {
      // A leader of old that learns of its quorum when the quorum has gone on already. It must be on the same line.
      return hold(
        this.contains(this.lastCommitted, term.base),
        "I5 what is committed stays",
        () => `epoch ${epoch} begins at ${formatZxid(term.base)}, which was left aside`,
      );
    }
    this.#lastEpoch = epoch;
    const fresh: Zxid[] = [];
    for (let at = term.base; at > this.lastCommitted; at = this.before(at)) fresh.unshift(at);
    const meets = fresh[0] === undefined ? term.base : this.before(fresh[0]);
    hold(
      meets === this.lastCommitted,
      "I5 what is committed stays",
      () =>
        `the leader of epoch ${epoch} has ${formatZxid(term.base)}, committed is ${formatZxid(this.lastCommitted)}`,
    );
    for (const zxid of fresh) this.#commit(zxid);
  }

  /** The leader of an epoch commits an entry. */
  commit(zxid: Zxid, leads: Epoch | undefined): void {
    hold(
      leads === epochOf(zxid) && this.#terms.get(epochOf(zxid))?.established === true,
      "I6 commits only after the epoch is established",
      () => formatZxid(zxid),
    );
    if (this.isCommitted(zxid)) return;
    hold(
      this.before(zxid) === this.lastCommitted,
      "TotalOrder",
      () =>
        `${formatZxid(zxid)} follows ${formatZxid(this.before(zxid))}, committed is ${formatZxid(this.lastCommitted)}`,
    );
    this.#commit(zxid);
  }

  /** Walks from one applied state to a later one; they must be on one line. */
  follows(later: Zxid, earlier: Zxid, invariant: Invariant): void {
    hold(
      this.contains(later, earlier),
      invariant,
      () => `${formatZxid(later)} was applied behind ${formatZxid(earlier)}`,
    );
  }

  #proposed(entry: LogEntry, tail: Zxid, leads: Epoch | undefined): void {
    const { zxid } = entry;
    const epoch = epochOf(zxid);
    hold(leads === epoch, "Integrity", () => `${formatZxid(zxid)} was never proposed`);
    const base = this.#terms.get(epoch)?.base;
    const due = counterOf(zxid) === this.#initialCounter + 1 ? base : zxid - 1;
    hold(
      tail === due,
      "LocalPrimaryOrder",
      () => `${formatZxid(zxid)} proposed behind ${formatZxid(tail)}`,
    );
    this.#known.set(zxid, { entry, before: tail });
  }

  #commit(zxid: Zxid): void {
    hold(
      epochOf(zxid) >= epochOf(this.lastCommitted) && zxid > this.lastCommitted,
      "GlobalPrimaryOrder",
      () => `${formatZxid(zxid)} after ${formatZxid(this.lastCommitted)}`,
    );
    this.committed.push(zxid);
    this.#committedSet.add(zxid);
    const txn = this.entry(zxid)?.txn;
    if (txn?.type === OpCode.closeSession) this.#closed.set(txn.session, zxid);
  }
}

function sameContent(left: LogEntry, right: LogEntry): boolean {
  if (left === right || left.txn === right.txn) return true;
  const one = left.bytes;
  const other = right.bytes;
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
