import type { LinkId } from "../base/ids.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";

/** There are never that many peers. */
const earlyMax = 256;

/** Learners that dialled before this peer knew whether it leads, each with the one packet it may send by itself. */
export class EarlyLearners {
  readonly #links = new Map<LinkId, QuorumPacket | undefined>();

  /** Returns who makes way, if there are too many: the oldest. */
  accepted(link: LinkId): LinkId | undefined {
    this.#links.set(link, undefined);
    if (this.#links.size <= earlyMax) return undefined;
    const [oldest] = this.#links.keys();
    if (oldest !== undefined) this.#links.delete(oldest);
    return oldest;
  }

  packet(link: LinkId, packet: QuorumPacket): void {
    if (this.#links.has(link)) this.#links.set(link, packet);
  }

  linkDown(link: LinkId): void {
    this.#links.delete(link);
  }

  /** All of them, once it is known what to tell them. */
  take(): readonly (readonly [LinkId, QuorumPacket | undefined])[] {
    const taken = [...this.#links];
    this.#links.clear();
    return taken;
  }
}
