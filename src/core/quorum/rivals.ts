import { type Zxid, zxidOf } from "../base/ids.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";
import type { QuorumOutput } from "./effects.ts";
import type { LearnerLink } from "./learner-link.ts";

export type Introduction = QuorumPacket & { readonly type: "FOLLOWERINFO" | "OBSERVERINFO" };

interface Rival {
  readonly newcomer: LearnerLink;
  readonly info: Introduction;
  readonly until: number;
}

/**
 * Newcomers in the name of a peer that seems to follow already. Most often its old link is dead and nobody has said so; but a
 * stranger who knows a peer's number must not push it out. The old link is sent a PING of a number that was never a zxid: learners
 * send a PING's zxid back (Learner.ping), so the answer proves that somebody is there, and the newcomer is sent away.
 */
export class Rivals {
  readonly #byNumber = new Map<Zxid, Rival>();
  /** Below every zxid, and below −1, which means none. */
  #lastNumber = -1;

  /** Asks those who are there; returns until when the newcomer waits. */
  challenge(rival: Rival, present: readonly LearnerLink[], out: QuorumOutput[]): number {
    this.#lastNumber -= 1;
    const number = zxidOf(this.#lastNumber);
    rival.newcomer.phase = "doubted";
    this.#byNumber.set(number, rival);
    for (const learner of present) {
      learner.send({ type: "PING", zxid: number, touched: null }, out);
    }
    return rival.until;
  }

  /** The newcomer that this answer to a PING proves wrong. */
  refuted(by: LearnerLink, number: Zxid): LearnerLink | undefined {
    const rival = this.#byNumber.get(number);
    if (rival === undefined || rival.info.sid !== by.sid) return undefined;
    this.#byNumber.delete(number);
    return rival.newcomer;
  }

  /** Those whose rivals were silent for long enough. */
  takeDue(now: number): readonly Rival[] {
    const due = [...this.#byNumber].filter(([, { until }]) => until <= now);
    for (const [number] of due) this.#byNumber.delete(number);
    return due.map(([, rival]) => rival);
  }

  get dueAt(): number {
    let dueAt = Number.POSITIVE_INFINITY;
    for (const { until } of this.#byNumber.values()) dueAt = Math.min(dueAt, until);
    return dueAt;
  }
}
