import { type SessionId, type Sid, sessionIdOf } from "../base/ids.ts";

const sidShift = 56n;
/** The owner value of containers. */
const reserved = -(1n << 63n);

/**
 * The ids of one peer's sessions: its sid in the high byte, then 40 bits of the clock in milliseconds, then 16 bits that count
 * (SessionTrackerImpl.initializeNextSessionId).
 */
export class SessionIds {
  #next: SessionId;

  constructor(sid: Sid, nowMs: number) {
    const clock = BigInt.asUintN(64, BigInt(Math.floor(nowMs)) << 24n) >> 8n;
    this.#next = sessionIdOf((BigInt(sid) << sidShift) | clock);
    if (this.#next === reserved) this.#next = after(this.#next);
  }

  next(): SessionId {
    const id = this.#next;
    this.#next = after(id);
    return id;
  }

  /** No id up to `id` is given out again, if it is one of this peer's. */
  raiseAbove(id: SessionId): void {
    if (id >> sidShift === this.#next >> sidShift && id >= this.#next) this.#next = after(id);
  }
}

export const isMadeBy = (session: SessionId, sid: Sid): boolean =>
  BigInt.asUintN(8, session >> sidShift) === BigInt.asUintN(8, BigInt(sid));

const after = (id: SessionId): SessionId => sessionIdOf(id + 1n);
