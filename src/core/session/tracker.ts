import type { SessionId } from "../base/ids.ts";
import { ErrorCode } from "../protocol/error-codes.ts";

/** Whose session it is: a link to a learner, or a number that stands for the leader itself. */
export type SessionOwner = number;

interface Session {
  readonly id: SessionId;
  /** The timeout of the last touch, in milliseconds. */
  timeout: number;
  /** When its bucket expires. */
  expiresAt: number;
  isClosing: boolean;
  /** undefined until the first request claims it (SessionTrackerImpl.checkSession). */
  owner: SessionOwner | undefined;
}

/**
 * The leader's sessions. They expire in buckets one tick wide, never early and up to a tick late (ExpiryQueue). An expired
 * session is marked as closing, and goes when its closeSession transaction is applied.
 */
export class SessionTracker {
  /** When the next bucket expires. */
  wakeAt: number = Number.POSITIVE_INFINITY;
  readonly #tickTime: number;
  readonly #unknown: ErrorCode;
  readonly #sessions = new Map<SessionId, Session>();
  /** By the moment they expire; none is empty. */
  readonly #buckets = new Map<number, Set<Session>>();

  /** A quorum calls an unknown session expired, a server on its own says that it is unknown. */
  constructor(tickTime: number, unknown: ErrorCode = ErrorCode.SESSIONEXPIRED) {
    this.#tickTime = tickTime;
    this.#unknown = unknown;
  }

  get size(): number {
    return this.#sessions.size;
  }

  ids(): IterableIterator<SessionId> {
    return this.#sessions.keys();
  }

  has(id: SessionId): boolean {
    return this.#sessions.has(id);
  }

  isClosing(id: SessionId): boolean {
    return this.#sessions.get(id)?.isClosing ?? false;
  }

  /** The end of the session's bucket. */
  expiresAt(id: SessionId): number | undefined {
    return this.#sessions.get(id)?.expiresAt;
  }

  /** Sessions by the moment their bucket expires, as `dump` shows them. */
  expiries(): Map<number, readonly SessionId[]> {
    const expiries = new Map<number, readonly SessionId[]>();
    for (const [at, bucket] of this.#buckets) {
      expiries.set(
        at,
        Array.from(bucket, (session) => session.id),
      );
    }
    return expiries;
  }

  /** Begins to track a session, or refreshes one that is known. */
  create(id: SessionId, timeout: number, now: number): void {
    let session = this.#sessions.get(id);
    if (session === undefined) {
      session = { id, timeout, expiresAt: never, isClosing: false, owner: undefined };
      this.#sessions.set(id, session);
    }
    this.#schedule(session, timeout, now);
  }

  /** Keeps a session alive for `timeout`; false when it is unknown or closing. */
  touch(id: SessionId, timeout: number, now: number): boolean {
    const session = this.#sessions.get(id);
    if (session === undefined || session.isClosing) return false;
    this.#schedule(session, timeout, now);
    return true;
  }

  /** As a touch with the timeout of the last one. */
  refresh(id: SessionId, now: number): boolean {
    const session = this.#sessions.get(id);
    return session !== undefined && this.touch(id, session.timeout, now);
  }

  /** From here on touches and requests are refused. */
  markClosing(id: SessionId): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.isClosing = true;
  }

  remove(id: SessionId): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    this.#leaveBucket(session);
  }

  /** False when the session is unknown or closing. */
  setOwner(id: SessionId, owner: SessionOwner | undefined): boolean {
    const session = this.#sessions.get(id);
    if (session === undefined || session.isClosing) return false;
    session.owner = owner;
    return true;
  }

  /** Whether a request of this session may come from `owner`; an owner is the first to ask, or who revalidated last. */
  checkSession(id: SessionId, owner: SessionOwner | undefined): ErrorCode {
    const session = this.#sessions.get(id);
    if (session === undefined) return this.#unknown;
    if (session.isClosing) return ErrorCode.SESSIONEXPIRED;
    if (session.owner === undefined) session.owner = owner;
    return session.owner === owner ? ErrorCode.OK : ErrorCode.SESSIONMOVED;
  }

  /** Marks those whose time is over as closing and returns them, the earliest first. */
  expire(now: number): SessionId[] {
    const expired: SessionId[] = [];
    while (this.wakeAt <= now) {
      const bucket = this.#buckets.get(this.wakeAt);
      this.#buckets.delete(this.wakeAt);
      for (const session of bucket ?? []) {
        session.expiresAt = never;
        if (session.isClosing) continue;
        session.isClosing = true;
        expired.push(session.id);
      }
      this.wakeAt = this.#earliest();
    }
    return expired;
  }

  #schedule(session: Session, timeout: number, now: number): void {
    session.timeout = timeout;
    const tick = this.#tickTime;
    const expiresAt = (Math.floor((now + timeout) / tick) + 1) * tick;
    if (expiresAt === session.expiresAt) return;
    this.#leaveBucket(session);
    session.expiresAt = expiresAt;
    const bucket = this.#buckets.get(expiresAt);
    if (bucket === undefined) this.#buckets.set(expiresAt, new Set([session]));
    else bucket.add(session);
    if (expiresAt < this.wakeAt) this.wakeAt = expiresAt;
  }

  #leaveBucket(session: Session): void {
    const at = session.expiresAt;
    const bucket = this.#buckets.get(at);
    if (bucket === undefined) return;
    bucket.delete(session);
    if (bucket.size > 0) return;
    this.#buckets.delete(at);
    if (at === this.wakeAt) this.wakeAt = this.#earliest();
  }

  /** There are as many buckets as ticks in the longest timeout, and the earliest changes once a tick. */
  #earliest(): number {
    let earliest = never;
    for (const at of this.#buckets.keys()) if (at < earliest) earliest = at;
    return earliest;
  }
}

const never = Number.POSITIVE_INFINITY;
