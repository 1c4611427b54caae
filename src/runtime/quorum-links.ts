import { type LinkId, linkIdOf, type Sid, sidOf } from "../core/base/ids.ts";
import type { QuorumPacket } from "../core/packets/quorum-packet.ts";
import { Introductions } from "./introductions.ts";
import { LinkDoor, type Pair } from "./link-security.ts";
import type { Port } from "./ports.ts";
import { QuorumLink, type QuorumLinkOptions } from "./quorum-link.ts";
import type { Ending, LinksOptions, Surroundings } from "./surroundings.ts";
import type { Inbox } from "./turn.ts";
import { Stop } from "./wire.ts";

/** The connections between learners and leaders, over TCP: learners dial, leaders accept. */
export class QuorumLinks {
  readonly #sid: Sid;
  readonly #inbox: Inbox;
  readonly #world: Surroundings;
  readonly #port: Port;
  readonly #door: LinkDoor;
  readonly #links = new Map<LinkId, QuorumLink>();
  readonly #dirty = new Set<QuorumLink>();
  readonly unknown: Introductions<QuorumLink> = new Introductions();
  /** A link that was full is not any more. */
  onDrained: () => void = () => {};
  #lastId = 0;

  constructor({ sid, inbox, world }: LinksOptions, port: Port) {
    this.#sid = sid;
    this.#inbox = inbox;
    this.#world = world;
    this.#port = port;
    this.#door = new LinkDoor(world.linkSecurity, {
      channel: "quorum",
      onOpen: (pair) => this.#accept(pair),
    });
  }

  /** Learners may come before this peer knows that it leads: the peer keeps them waiting, or hangs up. */
  open(): Promise<void> {
    return this.#port.listen((socket) => this.#door.accept(socket));
  }

  dial(to: Sid): void {
    const address = this.#world.addressOf(to);
    if (address === undefined) return this.#tellDialed(to, undefined);
    this.#world.dialer.dial({
      from: this.#sid,
      to,
      channel: "quorum",
      address: { host: address.host, port: address.quorumPort },
      waits: false,
      done: (pair) => this.#dialed(to, pair),
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

  close(how: Ending): void {
    this.#port.unlisten(how);
    this.#door.close();
    for (const link of this.#links.values()) how === "end" ? link.close() : link.wire.reset();
    this.#links.clear();
    this.#dirty.clear();
    this.unknown.clear();
  }

  // ------------------------------------------------------------------ what links bring

  opened(link: QuorumLink): void {
    this.unknown.delete(link);
    if (link.dialled === undefined) this.#inbox.take({ type: "accepted", link: link.id });
    else this.#tellDialed(link.dialled, link.id);
  }

  refused(link: QuorumLink, why: string): void {
    const { dialled, wire } = link;
    const whom = dialled === undefined ? `a learner from ${wire.remoteAddress}` : `peer ${dialled}`;
    this.#world.auth?.failed(whom, why);
    this.#forget(link);
    wire.end();
    if (dialled !== undefined) this.#tellDialed(dialled, undefined);
  }

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

  #accept(pair: Pair): void {
    const from = this.#world.dialer.whoDials(pair.socket.remotePort);
    this.#begin(pair, { to: from, dialled: undefined, auth: this.#world.auth?.accepting() });
    this.unknown.makeRoom();
  }

  #dialed(to: Sid, pair: Pair | undefined): void {
    if (pair === undefined) return this.#tellDialed(to, undefined);
    const auth = this.#world.auth?.dialing(this.#world.addressOf(to)?.host ?? "");
    this.#begin(pair, { to, dialled: to, auth });
  }

  #tellDialed(to: Sid, link: LinkId | undefined): void {
    this.#world.turn.post(this.#inbox, { type: "dialed", to, link });
  }

  #begin(
    pair: Pair,
    { to, dialled, auth }: Pick<QuorumLinkOptions, "dialled" | "auth"> & { to: Sid | undefined },
  ): void {
    this.#lastId += 1;
    const link = new QuorumLink(this.#world.wires, {
      id: linkIdOf(this.#lastId),
      dialled,
      auth,
      ...pair,
      outgoing: { from: this.#sid, to: to ?? sidOf(0), channel: "quorum" },
      judgesIncoming: to === undefined || !this.#world.isOurs(to),
      listener: this,
    });
    this.#links.set(link.id, link);
    this.unknown.add(link);
    link.begin();
  }

  #forget(link: QuorumLink): void {
    this.#links.delete(link.id);
    this.#dirty.delete(link);
    this.unknown.delete(link);
  }
}
