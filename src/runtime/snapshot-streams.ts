import type { LinkId } from "../core/base/ids.ts";
import type { QuorumPacket } from "../core/packets/quorum-packet.ts";
import type { SnapshotSource } from "../core/storage/ports.ts";
import type { Slices } from "./slices.ts";
import type { PeerLinks } from "./surroundings.ts";
import type { Inbox, Turn } from "./turn.ts";

/** What a leader sends, where snapshots go out piece by piece: what is sent behind one on its link waits until it is out. */
export class SnapshotStreams {
  readonly #links: PeerLinks;
  readonly #slices: Slices;
  readonly #turn: Turn;
  readonly #inbox: Inbox;
  readonly #waiting = new Map<LinkId, QuorumPacket[]>();

  constructor(options: { links: PeerLinks; slices: Slices; turn: Turn; inbox: Inbox }) {
    this.#links = options.links;
    this.#slices = options.slices;
    this.#turn = options.turn;
    this.#inbox = options.inbox;
  }

  send(link: LinkId, packet: QuorumPacket): void {
    const waiting = this.#waiting.size === 0 ? undefined : this.#waiting.get(link);
    if (waiting === undefined) this.#links.send(link, packet);
    else waiting.push(packet);
  }

  /** The link is gone, or is to go. */
  forget(link: LinkId): void {
    this.#waiting.delete(link);
  }

  /**
   * A piece a slice, which a learner in this process takes ten times longer to read, and none while the link is full: so the pieces
   * go out as fast as they are taken, and each of them is news of the learner.
   */
  begin(link: LinkId, source: SnapshotSource): void {
    const waiting: QuorumPacket[] = [];
    this.#waiting.set(link, waiting);
    let bytes: Uint8Array | undefined;
    this.#slices.add(() => {
      if (this.#waiting.get(link) !== waiting) return "done";
      if (this.#links.isFull(link)) return "waiting";
      this.#turn.enter(); // at whose end the piece leaves
      bytes ??= source.next() ?? new Uint8Array(0);
      const next = source.next();
      this.#links.send(link, { type: "SNAPSHOT", bytes, last: next === undefined });
      bytes = next;
      if (next !== undefined) {
        this.#turn.post(this.#inbox, { type: "snapshotSent", link, isOver: false });
        return "next slice";
      }
      this.#waiting.delete(link);
      for (const packet of waiting) this.#links.send(link, packet);
      this.#turn.post(this.#inbox, { type: "snapshotSent", link, isOver: true });
      return "done";
    });
  }
}
