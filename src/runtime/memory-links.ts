import { type LinkId, linkIdOf, type Sid } from "../core/base/ids.ts";
import type { Link, Message } from "../core/network/link.ts";
import { packetBytes, packetMessage } from "../core/network/messages.ts";
import { type LinkPattern, touches } from "../core/network/selector.ts";
import type { Notification } from "../core/packets/notification.ts";
import type { QuorumPacket, Sender } from "../core/packets/quorum-packet.ts";
import type { PeerEvent } from "../core/server/effects.ts";
import { dialTimeoutMs } from "./dialer.ts";
import type { Lane } from "./lane.ts";
import { spoiledPacket, spoiledVote } from "./spoiled.ts";
import type { LinksOptions, PeerLinks, Surroundings } from "./surroundings.ts";
import type { Inbox } from "./turn.ts";

/** What a paused peer may be sent over one link before that is reset, as a socket's buffers would be full long before. */
const unreadBytesMax = 64 * 1024 * 1024;

/** What goes over a link; null: a bit flipped, and it means nothing any more. */
type Item = PeerEvent | null;

/** One end of a connection: what it sends arrives at the other end's owner under that end's id. */
interface End {
  readonly id: LinkId;
  readonly owner: MemoryLinks;
  readonly lane: Lane<Item>;
  readonly openedAt: number;
  /** Sent to this end while its peer is paused. */
  unreadBytes: number;
}

interface Dial {
  readonly from: MemoryLinks;
  readonly to: Sid;
  readonly deadline: number;
  readonly notBefore: number;
}

/** The links between the peers of one world where they use no sockets. */
export class MemoryNet {
  readonly #world: Surroundings;
  readonly #members = new Map<Sid, MemoryLinks>();
  readonly #dials = new Set<Dial>();
  /** When a condition last broke a connection. */
  #brokenAt = -1;

  constructor(world: Surroundings) {
    this.#world = world;
  }

  join(links: MemoryLinks): void {
    this.#members.set(links.sid, links);
  }

  /** Its fellows learn that it is gone, unless they cannot. */
  leave(links: MemoryLinks): void {
    this.#members.delete(links.sid);
    for (const dial of this.#dials) if (dial.from === links) this.#dials.delete(dial);
    for (const member of this.#members.values()) {
      if (!this.#isCut(links.sid, member.sid, "election")) member.tell(links.sid, false);
    }
  }

  member(sid: Sid): MemoryLinks | undefined {
    return this.#members.get(sid);
  }

  dial(from: MemoryLinks, to: Sid): void {
    const now = this.#world.clock.now();
    // Else a link that is reset with every byte would be dialled and broken without end in one turn.
    const notBefore = this.#brokenAt === now ? now + 1 : now;
    this.#try({ from, to, deadline: now + dialTimeoutMs, notBefore });
  }

  lane(
    link: Link,
    on: {
      readonly arrive: (event: PeerEvent) => boolean;
      /** What arrives in the event's place when a bit flips; null: nobody makes sense of it. */
      readonly spoil: (event: PeerEvent, at: number) => Item;
      readonly broken: () => void;
      /** Whether that breaks the connection too. */
      readonly breaksOnNonsense: boolean;
    },
  ): Lane<Item> {
    const { wires } = this.#world;
    const breakOff = (): void => {
      this.#brokenAt = this.#world.clock.now();
      on.broken();
    };
    return wires.lanes.open<Item>({
      link,
      pass: (item) => {
        if (item !== null) return on.arrive(item);
        if (on.breaksOnNonsense) breakOff();
        return false;
      },
      corrupt: (item, at) => (item === null ? item : on.spoil(item, at)),
      act: (action) => {
        if (action === "reset") breakOff();
        else wires.crash(action === "crash-sender" ? link.from : link.to);
      },
    });
  }

  /** The fabric changed. */
  shift(): void {
    for (const dial of [...this.#dials]) {
      this.#dials.delete(dial);
      this.#try(dial);
    }
  }

  dueAt(): number {
    let dueAt = Infinity;
    for (const { from, to, deadline, notBefore } of this.#dials) {
      const isCut = this.#isCut(from.sid, to, "quorum");
      dueAt = Math.min(dueAt, isCut ? deadline : notBefore);
    }
    if (this.#world.fabric.idle) return dueAt;
    for (const member of this.#members.values()) dueAt = Math.min(dueAt, member.resetAt);
    return dueAt;
  }

  pump(now: number): void {
    for (const dial of [...this.#dials]) {
      const isOver = dial.deadline <= now;
      if (!isOver && dial.notBefore > now) continue;
      this.#dials.delete(dial);
      if (isOver) dial.from.dialed(dial.to, undefined);
      else this.#try(dial);
    }
    if (this.#world.fabric.idle) return;
    for (const member of this.#members.values()) member.resetWorn(now);
  }

  /** Breaks every connection on a matching link; how many. */
  reset(patterns: readonly LinkPattern[]): number {
    let count = 0;
    for (const member of this.#members.values()) count += member.reset(patterns);
    return count;
  }

  #try(dial: Dial): void {
    const { from, to } = dial;
    const { fabric } = this.#world;
    if (fabric.isRefused({ from: from.sid, to, channel: "quorum" })) {
      return from.dialed(to, undefined);
    }
    const isEarly = dial.notBefore > this.#world.clock.now();
    if (isEarly || this.#isCut(from.sid, to, "quorum")) {
      this.#dials.add(dial);
      return;
    }
    const other = this.#members.get(to);
    if (other === undefined) return from.dialed(to, undefined);
    connectEnds(from, other);
  }

  #isCut(left: Sid, right: Sid, channel: "election" | "quorum"): boolean {
    const { fabric } = this.#world;
    if (fabric.idle) return false;
    return (
      fabric.isBlocked({ from: left, to: right, channel }) ||
      fabric.isBlocked({ from: right, to: left, channel })
    );
  }
}

/** The size of a message counts for links that hold it back. */
function send(lane: Lane<Item>, event: PeerEvent, message: Message | undefined): void {
  lane.push(event, message?.bytes ?? 0, message);
  lane.pump();
}

function connectEnds(learner: MemoryLinks, leader: MemoryLinks): void {
  const learnerId = learner.nextId();
  const leaderId = leader.nextId();
  learner.attach(learnerId, { as: "learner", other: leader, otherId: leaderId });
  leader.attach(leaderId, { as: "leader", other: learner, otherId: learnerId });
  leader.accepted(leaderId);
  learner.dialed(leader.sid, learnerId);
}

/** The same packets and the same faults as over TCP, without sockets: message objects, delivered in the turn they are sent. */
export class MemoryLinks implements PeerLinks {
  readonly sid: Sid;
  readonly #net: MemoryNet;
  readonly #inbox: Inbox;
  readonly #world: Surroundings;
  readonly #ends = new Map<
    LinkId,
    End & { readonly other: MemoryLinks; readonly otherId: LinkId }
  >();
  readonly #ways = new Map<Sid, Lane<Item>>();
  readonly #reachable = new Map<Sid, boolean>();
  #lastId = 0;
  #isFrozen = false;
  /** The newest vote of each peer, while this one is paused: one that is overtaken is never heard, as between peers over TCP. */
  readonly #unheard = new Map<Sid, PeerEvent>();

  constructor({ sid, inbox, world }: LinksOptions, net: MemoryNet) {
    this.sid = sid;
    this.#inbox = inbox;
    this.#world = world;
    this.#net = net;
  }

  async open(): Promise<void> {
    this.#net.join(this);
  }

  vote(to: Sid, notification: Notification): void {
    const lane = this.#wayTo(to);
    const event: PeerEvent = { type: "notified", from: this.sid, notification };
    const { zxid } = notification.vote;
    const rest = { path: undefined, session: undefined, bytes: 48 + notification.config.length };
    send(lane, event, { ...lane.link, type: "NOTIFICATION", zxid, ...rest });
  }

  dial(to: Sid): void {
    this.#net.dial(this, to);
  }

  send(id: LinkId, packet: QuorumPacket): void {
    const end = this.#ends.get(id);
    if (end === undefined) return;
    const event: PeerEvent = { type: "packet", link: end.otherId, packet };
    if (end.lane.isClear) end.other.arrive(end.otherId, event);
    else send(end.lane, event, packetMessage(end.lane.link, packet, packetBytes(packet)));
  }

  hangUp(id: LinkId): void {
    const end = this.#ends.get(id);
    if (end === undefined) return;
    this.#ends.delete(id);
    send(end.lane, { type: "linkDown", link: end.otherId }, undefined);
  }

  readonly dueAt: number = Infinity;
  wake(): void {}
  /** What is sent is there. */
  isFull(): boolean {
    return false;
  }

  onDrained: () => void = () => {};

  flush(): void {}

  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
    for (const end of this.#ends.values()) end.unreadBytes = 0;
    const votes = [...this.#unheard];
    this.#unheard.clear();
    for (const [from, event] of votes) this.hear(from, event);
  }

  drop(): number {
    const ids = [...this.#ends.keys()];
    for (const id of ids) this.breakLink(id);
    return ids.length;
  }

  /** When the next of its connections is so old that a condition breaks it. */
  get resetAt(): number {
    let at = Infinity;
    for (const end of this.#ends.values()) at = Math.min(at, this.#resetAtOf(end));
    return at;
  }

  resetWorn(now: number): void {
    for (const end of [...this.#ends.values()]) {
      if (this.#resetAtOf(end) <= now) this.breakLink(end.id);
    }
  }

  /** By the direction that this end sends in. */
  #resetAtOf({ lane, openedAt }: End): number {
    return this.#world.fabric.resetAt(lane.link, openedAt);
  }

  /** Breaks its connections on matching links; how many. */
  reset(patterns: readonly LinkPattern[]): number {
    const meant = [...this.#ends.values()].filter(({ lane }) => touches(patterns, lane.link));
    for (const end of meant) this.breakLink(end.id);
    return meant.length;
  }

  close(): void {
    for (const id of [...this.#ends.keys()]) this.hangUp(id);
    this.#net.leave(this);
    this.#ways.clear();
    this.#reachable.clear();
  }

  // ------------------------------------------------------------------ for the other end, and the net

  nextId(): LinkId {
    this.#lastId += 1;
    return linkIdOf(this.#lastId);
  }

  attach(
    id: LinkId,
    { as, other, otherId }: { as: Sender; other: MemoryLinks; otherId: LinkId },
  ): void {
    const link: Link = { from: this.sid, to: other.sid, channel: "quorum" };
    const lane = this.#net.lane(link, {
      arrive: (event) => other.arrive(otherId, event),
      spoil: (event, at) => {
        if (event.type !== "packet") return event;
        const packet = spoiledPacket(event.packet, as, at);
        return packet === undefined ? null : { ...event, packet };
      },
      broken: () => this.breakLink(id),
      breaksOnNonsense: true,
    });
    this.#ends.set(id, {
      id,
      owner: this,
      lane,
      openedAt: this.#world.clock.now(),
      other,
      otherId,
      unreadBytes: 0,
    });
  }

  accepted(link: LinkId): void {
    this.#post({ type: "accepted", link });
  }

  dialed(to: Sid, link: LinkId | undefined): void {
    this.#post({ type: "dialed", to, link });
  }

  /** False when the end is no more. */
  arrive(id: LinkId, event: PeerEvent): boolean {
    const end = this.#ends.get(id);
    if (end === undefined) return false;
    if (event.type === "linkDown") {
      this.#ends.delete(id);
      end.lane.clear();
    }
    this.#post(event);
    if (!this.#isFrozen || event.type !== "packet") return true;
    end.unreadBytes += packetBytes(event.packet);
    if (end.unreadBytes > unreadBytesMax) this.breakLink(id);
    return true;
  }

  /** Both ends go down, as by a reset. */
  breakLink(id: LinkId): void {
    const end = this.#ends.get(id);
    if (end === undefined) return;
    this.#ends.delete(id);
    end.lane.clear();
    this.#post({ type: "linkDown", link: id });
    end.other.arrive(end.otherId, { type: "linkDown", link: end.otherId });
  }

  hear(from: Sid, event: PeerEvent): void {
    if (this.#isFrozen) {
      this.#unheard.set(from, event);
      return;
    }
    this.#post(event);
    this.tell(from, true);
  }

  tell(sid: Sid, reachable: boolean): void {
    if (this.#reachable.get(sid) === reachable) return;
    this.#reachable.set(sid, reachable);
    this.#post({ type: "reachable", sid, reachable });
  }

  #wayTo(to: Sid): Lane<Item> {
    let lane = this.#ways.get(to);
    if (lane === undefined) {
      const link: Link = { from: this.sid, to, channel: "election" };
      lane = this.#net.lane(link, {
        arrive: (event) => this.#deliver(to, event),
        spoil: (event, at) => {
          if (event.type !== "notified") return event;
          const notification = spoiledVote(event.notification, at);
          return notification === undefined ? null : { ...event, notification };
        },
        broken: () => this.tell(to, false),
        breaksOnNonsense: false,
      });
      this.#ways.set(to, lane);
    }
    return lane;
  }

  #deliver(to: Sid, event: PeerEvent): boolean {
    const refused = this.#world.fabric.isRefused({ from: this.sid, to, channel: "election" });
    const other = refused ? undefined : this.#net.member(to);
    other?.hear(this.sid, event);
    this.tell(to, other !== undefined);
    return other !== undefined;
  }

  #post(event: PeerEvent): void {
    this.#world.turn.post(this.#inbox, event);
  }
}
