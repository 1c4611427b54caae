import type { SessionId, Sid } from "../base/ids.ts";
import { isMadeBy } from "./session-ids.ts";
import { SessionTracker } from "./tracker.ts";

/**
 * Sessions that one peer alone knows: in no log, unknown to the quorum, gone with the peer's role (LocalSessionTracker). One that
 * needs an ephemeral is upgraded: it leaves this list at once, and until its createSession is committed it is neither local nor
 * global.
 */
export class LocalSessions {
  readonly #sid: Sid;
  readonly #tickTime: number;
  #tracker: SessionTracker;
  /** The timeout of each as it was made, which an upgrade passes on. */
  readonly #timeouts = new Map<SessionId, number>();
  readonly #upgrading = new Set<SessionId>();

  constructor(sid: Sid, tickTime: number) {
    this.#sid = sid;
    this.#tickTime = tickTime;
    this.#tracker = new SessionTracker(tickTime);
  }

  get size(): number {
    return this.#timeouts.size;
  }

  /** When the next of them may expire. */
  get wakeAt(): number {
    return this.#tracker.wakeAt;
  }

  /** With the timeout of each. */
  get timeouts(): ReadonlyMap<SessionId, number> {
    return this.#timeouts;
  }

  has(session: SessionId): boolean {
    return this.#timeouts.has(session);
  }

  /** It is here, or may be on another peer, which alone would know (LeaderSessionTracker.checkSession). */
  mayExist(session: SessionId): boolean {
    return this.has(session) || !isMadeBy(session, this.#sid);
  }

  isUpgrading(session: SessionId): boolean {
    return this.#upgrading.has(session);
  }

  expiresAt(session: SessionId): number | undefined {
    return this.#tracker.expiresAt(session);
  }

  expiries(): ReadonlyMap<number, readonly SessionId[]> {
    return this.#tracker.expiries();
  }

  open(session: SessionId, timeout: number, now: number): void {
    this.#timeouts.set(session, timeout);
    this.#tracker.create(session, timeout, now);
  }

  /** False when it is none of these. */
  touch(session: SessionId, timeout: number, now: number): boolean {
    return this.#tracker.touch(session, timeout, now);
  }

  /** As a touch with the timeout of the last one. */
  refresh(session: SessionId, now: number): boolean {
    return this.#tracker.refresh(session, now);
  }

  /** The timeout to ask the quorum for; undefined: it is none of these. */
  upgrade(session: SessionId): number | undefined {
    const timeout = this.#timeouts.get(session);
    if (timeout === undefined) return undefined;
    this.close(session);
    this.#upgrading.add(session);
    return timeout;
  }

  /** The leader vouches for a session whose createSession has not come here yet: it moved while it was upgraded elsewhere. */
  expectGlobal(session: SessionId): void {
    this.#upgrading.add(session);
  }

  /** The quorum knows the session from here on, whoever asked it to. */
  becameGlobal(session: SessionId): void {
    this.close(session);
    this.#upgrading.delete(session);
  }

  close(session: SessionId): void {
    this.#timeouts.delete(session);
    this.#tracker.remove(session);
  }

  /** Removes those whose time is over and returns them, the earliest first. */
  expire(now: number): readonly SessionId[] {
    const expired = this.#tracker.expire(now);
    for (const session of expired) this.close(session);
    return expired;
  }

  /** Removes and returns all. */
  takeAll(): readonly SessionId[] {
    const all = [...this.#timeouts.keys()];
    this.#timeouts.clear();
    this.#upgrading.clear();
    this.#tracker = new SessionTracker(this.#tickTime);
    return all;
  }
}
