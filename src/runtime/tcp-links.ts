import type { LinkId, Sid } from "../core/base/ids.ts";
import type { Notification } from "../core/packets/notification.ts";
import type { QuorumPacket } from "../core/packets/quorum-packet.ts";
import { ElectionLinks } from "./election-links.ts";
import type { Port } from "./ports.ts";
import { QuorumLinks } from "./quorum-links.ts";
import type { Ending, LinksOptions, PeerLinks } from "./surroundings.ts";

/** ZooKeeper's election and quorum protocols on two ports. */
export class TcpLinks implements PeerLinks {
  readonly #options: LinksOptions;
  readonly #election: ElectionLinks;
  readonly #quorum: QuorumLinks;

  constructor(options: LinksOptions, ports: { readonly election: Port; readonly quorum: Port }) {
    this.#options = options;
    this.#election = new ElectionLinks(options, ports.election);
    this.#quorum = new QuorumLinks(options, ports.quorum);
  }

  async open(): Promise<void> {
    await Promise.all([this.#election.open(), this.#quorum.open()]);
  }

  vote(to: Sid, notification: Notification): void {
    this.#election.vote(to, notification);
  }

  dial(to: Sid): void {
    this.#quorum.dial(to);
  }

  send(link: LinkId, packet: QuorumPacket): void {
    this.#quorum.send(link, packet);
  }

  isFull(link: LinkId): boolean {
    return this.#quorum.isFull(link);
  }

  set onDrained(heard: () => void) {
    this.#quorum.onDrained = heard;
  }

  hangUp(link: LinkId): void {
    this.#quorum.hangUp(link);
  }

  flush(): void {
    this.#quorum.flush();
    this.#election.flush();
  }

  get dueAt(): number {
    return Math.min(this.#election.unknown.dueAt, this.#quorum.unknown.dueAt);
  }

  wake(now: number): void {
    this.#election.unknown.giveUpLate(now);
    this.#quorum.unknown.giveUpLate(now);
  }

  freeze(): void {
    this.#quorum.freeze();
    this.#election.freeze();
  }

  thaw(): void {
    this.#quorum.thaw();
    this.#election.thaw();
  }

  drop(): number {
    return this.#quorum.drop() + this.#election.drop();
  }

  close(how: Ending): void {
    this.#options.world.dialer.cancelAll(this.#options.sid);
    this.#quorum.close(how);
    this.#election.close(how);
  }
}
