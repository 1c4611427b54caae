import type { Socket } from "node:net";
import { type LinkId, linkIdOf, type Sid, sidOf } from "../core/base/ids.ts";
import type { QuorumPacket, Sender } from "../core/packets/quorum-packet.ts";
import type { Port } from "./ports.ts";
import { QuorumLink } from "./quorum-link.ts";
import type { LinksOptions, Surroundings } from "./surroundings.ts";
import type { Inbox } from "./turn.ts";
import { Stop } from "./wire.ts";

/** The connections between learners and leaders, over TCP: learners dial, leaders accept. */
export class QuorumLinks {
  readonly #sid: Sid;
  readonly #inbox: Inbox;
  readonly #world: Surroundings;
  readonly #port: Port;
  readonly #links = new Map<LinkId, QuorumLink>();
  readonly #dirty = new Set<QuorumLink>();
  /** A link that was full is not any more. */
  onDrained: () => void = () => {};
  #lastId = 0;

  constructor({ sid, inbox, world }: LinksOptions, port: Port) {
    this.#sid = sid;
    this.#inbox = inbox;
    this.#world = world;
    this.#port = port;
  }

  /** Learners may come before this peer knows that it leads: the peer keeps them waiting, or hangs up. */
  open(): Promise<void> {
    return this.#port.listen((socket) => this.#accept(socket));
  }

  dial(to: Sid): void {
    const address = this.#world.addressOf(to);
    if (address === undefined) return this.#dialed(to, undefined);
    this.#world.dialer.dial({
      from: this.#sid,
      to,
      channel: "quorum",
      address: { host: address.host, port: address.quorumPort },
      done: (socket) => this.#dialed(to, socket),
    });
  }

  send(id: LinkId, packet: QuorumPacket): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    link.send(packet);
    this.#dirty.add(link);
  }

  isFull(id: LinkId): boolean {
    return this.#links.get(id)?.wire.isFull === true;
  }

  hangUp(id: LinkId): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    this.#forget(link);
    link.close();
  }

  flush(): void {
    if (this.#dirty.size === 0) return;
    for (const link of this.#dirty) link.flush();
    this.#dirty.clear();
  }

  freeze(): void {
    for (const link of this.#links.values()) link.wire.stop(Stop.frozen);
  }

  thaw(): void {
    for (const link of [...this.#links.values()]) link.wire.go(Stop.frozen);
  }

  /** Breaks the connections there are; how many. */
  drop(): number {
    const links = [...this.#links.values()];
    for (const link of links) link.wire.breakOff();
    return links.length;
  }

  close(how: "end" | "reset"): void {
    this.#port.unlisten();
    for (const link of this.#links.values()) how === "end" ? link.close() : link.wire.reset();
    this.#links.clear();
    this.#dirty.clear();
  }

  // ------------------------------------------------------------------ what links bring

  received(link: QuorumLink, packet: QuorumPacket): void {
    this.#inbox.take({ type: "packet", link: link.id, packet });
  }

  drained(): void {
    this.onDrained();
  }

  lost(link: QuorumLink): void {
    this.#forget(link);
    this.#inbox.take({ type: "linkDown", link: link.id });
  }

  #accept(socket: Socket): void {
    const from = this.#world.dialer.whoDials(socket.remotePort);
    const link = this.#linkOver(socket, from, "learner");
    this.#inbox.take({ type: "accepted", link: link.id });
  }

  #dialed(to: Sid, socket: Socket | undefined): void {
    const link = socket === undefined ? undefined : this.#linkOver(socket, to, "leader").id;
    this.#world.turn.post(this.#inbox, { type: "dialed", to, link });
  }

  #linkOver(socket: Socket, to: Sid | undefined, sender: Sender): QuorumLink {
    this.#lastId += 1;
    const link = new QuorumLink(this.#world.wires, {
      id: linkIdOf(this.#lastId),
      sender,
      socket,
      outgoing: { from: this.#sid, to: to ?? sidOf(0), channel: "quorum" },
      judgesIncoming: to === undefined || !this.#world.isOurs(to),
      listener: this,
    });
    this.#links.set(link.id, link);
    return link;
  }

  #forget(link: QuorumLink): void {
    this.#links.delete(link.id);
    this.#dirty.delete(link);
  }
}
