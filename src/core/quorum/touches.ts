import type { SessionId } from "../base/ids.ts";
import type { Touch } from "../packets/quorum-packet.ts";

/** Sessions that a learner heard of since its leader last asked. */
export class Touches {
  #timeouts = new Map<SessionId, number>();

  note(session: SessionId, timeout: number): void {
    this.#timeouts.set(session, timeout);
  }

  take(): readonly Touch[] {
    if (this.#timeouts.size === 0) return [];
    const touches = [...this.#timeouts].map(([session, timeout]) => ({ session, timeout }));
    this.#timeouts = new Map();
    return touches;
  }
}
