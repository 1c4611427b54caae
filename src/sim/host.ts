import {
  type ConnectionId,
  connectionIdOf,
  type LinkId,
  linkIdOf,
  type Sid,
} from "../core/base/ids.ts";
import type { Notification } from "../core/packets/notification.ts";
import type { QuorumPacket, Sender } from "../core/packets/quorum-packet.ts";
import type { ConnectRequest } from "../core/protocol/connect.ts";
import type { Request } from "../core/protocol/requests.ts";
import type { Effect, PeerEvent } from "../core/server/effects.ts";
import type { Peer } from "../core/server/peer.ts";
import type { SnapshotSource } from "../core/storage/ports.ts";
import { notificationThroughWire, replyThroughWire, throughWire } from "./codec-check.ts";
import type { Disk } from "./disk.ts";
import type { Socket } from "./network.ts";
import type { World } from "./world.ts";

/** What a client sends. */
export type FromClient =
  | { readonly type: "handshake"; readonly request: ConnectRequest }
  | { readonly type: "request"; readonly request: Request; readonly raw: Uint8Array | undefined }
  | { readonly type: "word"; readonly word: string };
/** What a client gets; `opened` first, once the peer's side of the connection stands. */
export type ToClient =
  | { readonly type: "opened" }
  | (Effect & { readonly type: "accept" | "reply" | "watchEvent" | "text" });
/** What a learner gets from its leader; `opened` first. */
export type OnLearnerLink = QuorumPacket | { readonly type: "opened" };

interface WayToPeer {
  socket: Socket<Notification, Notification> | undefined;
  /** The vote that waits for a connection: always the newest. */
  slot: Notification | undefined;
  dialing: boolean;
}

/**
 * One peer's process and machine: its memory (the `Peer`, while it is up), its disk, its ends of the connections. Carries out
 * the effects of each step in order; nothing it does steps a peer before the step is over.
 */
export class Host {
  readonly sid: Sid;
  readonly disk: Disk;
  peer: Peer | undefined;
  /** How often it was started. */
  life = 0;
  paused = false;
  readonly #world: World;
  /** In the trace. */
  readonly #name: string;
  /** What came while the process was paused. */
  #inbox: PeerEvent[] = [];
  readonly #out: Effect[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;
  #isSyncing = false;
  readonly #ways = new Map<Sid, WayToPeer>();
  readonly #links = new Map<
    LinkId,
    {
      readonly socket: Socket<never, QuorumPacket>;
      readonly as: Sender;
      /** Sent behind a snapshot that is under way. */
      waiting: QuorumPacket[] | undefined;
    }
  >();
  readonly #clients = new Map<ConnectionId, Socket<FromClient, ToClient>>();

  constructor(world: World, sid: Sid, disk: Disk) {
    this.#world = world;
    this.sid = sid;
    this.#name = String(sid);
    this.disk = disk;
  }

  get up(): boolean {
    return this.peer !== undefined;
  }

  start(): void {
    if (this.peer !== undefined) return;
    this.life += 1;
    this.peer = this.#world.makePeer(this.sid);
    this.#world.trace.note(this.#world.now, this.#name, "!", "starts");
    this.deliver({ type: "started", recovered: this.disk.recover() });
  }

  /** The process ends without a word: memory is gone, the disk keeps what it had and a drawn part of what it was asked. */
  crash(): void {
    if (this.peer === undefined) return;
    this.#world.trace.note(this.#world.now, this.#name, "!", "crashes");
    this.peer = undefined;
    this.paused = false;
    this.#inbox = [];
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#isSyncing = false;
    for (const { socket } of this.#ways.values()) socket?.abort();
    for (const { socket } of this.#links.values()) socket.abort();
    for (const socket of this.#clients.values()) socket.abort();
    this.#ways.clear();
    this.#links.clear();
    this.#clients.clear();
    const { diskPrng, scripted } = this.#world;
    this.disk.crash(scripted ? 0 : diskPrng.below(this.disk.unsynced + 1));
    this.#world.watcher.crashed?.(this);
  }

  /** As after SIGSTOP: sockets stay open, nothing is read or written, no step runs. */
  pause(): void {
    if (this.peer !== undefined) this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const event of inbox) this.deliver(event);
    this.#rearm();
  }

  deliver(event: PeerEvent): void {
    const { peer, life } = this;
    if (peer === undefined) return;
    if (this.paused) {
      if (event.type !== "woken") this.#inbox.push(event);
      return;
    }
    const world = this.#world;
    const out = this.#out;
    out.length = 0;
    world.trace.note(world.now, this.#name, "<", event);
    world.watcher.stepping?.(this, event);
    peer.step(world.now, event, out);
    for (const effect of out) {
      if (world.watcher.effect?.(this, effect) === "crash") this.crash();
      if (this.life !== life || !this.up) return;
      world.trace.note(world.now, this.#name, ">", effect);
      this.#carryOut(effect);
    }
    world.watcher.stepped?.(this, event);
    if (this.life !== life || !this.up) return;
    for (const answer of this.disk.takeLies()) this.#soon(answer);
    this.#rearm();
  }

  // ------------------------------------------------------------------ connections made by the world

  /** A connection for votes stands. */
  linked(sid: Sid, socket: Socket<Notification, Notification>): void {
    const way = this.#wayTo(sid);
    way.dialing = false;
    socket.onMessage = (notification) =>
      this.deliver({ type: "notified", from: sid, notification: this.#checked(notification) });
    socket.onClosed = () => {
      if (way.socket !== socket) return;
      way.socket = undefined;
      this.deliver({ type: "reachable", sid, reachable: false });
      if (way.slot !== undefined) this.#dialForVotes(sid, way);
    };
    const { life } = this;
    this.deliver({ type: "reachable", sid, reachable: true });
    if (this.life !== life || !this.up) return socket.abort();
    way.socket = socket;
    if (way.slot !== undefined) socket.send(way.slot);
    way.slot = undefined;
  }

  /** Whether the other side was faster: then nothing is to be dialled any more. */
  hasLinkTo(sid: Sid): boolean {
    const way = this.#wayTo(sid);
    if (way.socket?.open !== true) return false;
    way.dialing = false;
    return true;
  }

  /** Dialling for votes came to nothing: the other side refuses. */
  refusedBy(sid: Sid): void {
    this.#wayTo(sid).dialing = false;
    this.deliver({ type: "reachable", sid, reachable: false });
  }

  acceptLearner(socket: Socket<QuorumPacket, OnLearnerLink>): void {
    const link = this.#world.nextLink();
    this.#links.set(link, { socket: socket as never, as: "leader", waiting: undefined });
    socket.onMessage = (packet) => this.deliver({ type: "packet", link, packet });
    socket.onClosed = () => {
      this.#links.delete(link);
      this.deliver({ type: "linkDown", link });
    };
    socket.send({ type: "opened" });
    this.deliver({ type: "accepted", link });
  }

  dialedLeader(to: Sid, socket: Socket<OnLearnerLink, QuorumPacket>): void {
    const link = this.#world.nextLink();
    let opened = false;
    socket.onMessage = (packet) => {
      if (packet.type !== "opened") return this.deliver({ type: "packet", link, packet });
      opened = true;
      this.#links.set(link, { socket: socket as never, as: "learner", waiting: undefined });
      this.deliver({ type: "dialed", to, link });
    };
    socket.onClosed = () => {
      this.#links.delete(link);
      if (opened) this.deliver({ type: "linkDown", link });
      else this.deliver({ type: "dialed", to, link: undefined });
    };
  }

  acceptClient(socket: Socket<FromClient, ToClient>): void {
    const connection = connectionIdOf(this.#world.nextLink());
    this.#clients.set(connection, socket);
    socket.onMessage = (message) => this.deliver({ ...message, connection });
    socket.onClosed = () => {
      this.#clients.delete(connection);
      this.deliver({ type: "disconnected", connection });
    };
    socket.send({ type: "opened" });
    const remote = { address: "127.0.0.1", port: 10_000 + connection };
    this.deliver({ type: "connected", connection, remote });
  }

  // ------------------------------------------------------------------ effects

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "vote":
        return this.#vote(effect.to, effect.notification);
      case "dial":
        return this.#world.dialLeader(this, effect.to);
      case "send":
        return this.#send(effect.link, effect.packet);
      case "sendSnapshot":
        return this.#stream(effect.link, effect.snapshot);
      case "hangUp": {
        const link = this.#links.get(effect.link);
        this.#links.delete(effect.link);
        return link?.socket.close();
      }
      case "append":
      case "truncate":
      case "reload":
      case "saveEpoch":
      case "saveConfig":
      case "saveSnapshot":
        this.disk.ask(effect);
        if (!this.#isSyncing) this.#syncLater();
        return;
      case "accept":
      case "watchEvent":
      case "text":
        return this.#clients.get(effect.connection)?.send(effect);
      case "reply": {
        const sent = this.#world.checksCodecs
          ? { ...effect, reply: replyThroughWire(effect.reply) }
          : effect;
        return this.#clients.get(effect.connection)?.send(sent);
      }
      case "close": {
        const socket = this.#clients.get(effect.connection);
        this.#clients.delete(effect.connection);
        return socket?.close();
      }
      case "throttle": {
        const socket = this.#clients.get(effect.connection);
        if (socket !== undefined) socket.reading = !effect.on;
        return;
      }
      case "report":
      case "reconfigured":
        return;
    }
  }

  #send(id: LinkId, packet: QuorumPacket): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    if (link.waiting !== undefined) {
      link.waiting.push(packet);
      return;
    }
    link.socket.send(this.#world.checksCodecs ? throughWire(packet, link.as) : packet);
  }

  /** A piece now and then, as the tree is at that moment; what is sent meanwhile comes behind the last one. */
  #stream(id: LinkId, source: SnapshotSource): void {
    const link = this.#links.get(id);
    if (link === undefined) return;
    const waiting: QuorumPacket[] = [];
    let bytes = source.next() ?? new Uint8Array(0);
    link.waiting = waiting;
    const { life } = this;
    const { schedule, networkPrng, scripted } = this.#world;
    const sendPiece = (): void => {
      if (this.life !== life || this.#links.get(id) !== link) return;
      const next = source.next();
      link.waiting = undefined;
      this.#send(id, { type: "SNAPSHOT", bytes, last: next === undefined });
      if (next === undefined) {
        for (const packet of waiting) this.#send(id, packet);
        return this.#soon({ type: "snapshotSent", link: id, isOver: true });
      }
      link.waiting = waiting;
      bytes = next;
      if (scripted) sendPiece();
      else schedule.after(networkPrng.below(5), sendPiece);
    };
    sendPiece();
  }

  #vote(to: Sid, notification: Notification): void {
    const way = this.#wayTo(to);
    const { socket } = way;
    if (socket?.open === true) {
      const { scripted, networkPrng } = this.#world;
      const replaces = socket.inFlight > 0 && !scripted && networkPrng.chance(0.3);
      return replaces ? socket.replaceLast(notification) : socket.send(notification);
    }
    way.slot = notification;
    if (!way.dialing) this.#dialForVotes(to, way);
  }

  #dialForVotes(to: Sid, way: WayToPeer): void {
    way.dialing = true;
    this.#world.dialForVotes(this, to);
  }

  #wayTo(sid: Sid): WayToPeer {
    let way = this.#ways.get(sid);
    if (way === undefined) {
      way = { socket: undefined, slot: undefined, dialing: false };
      this.#ways.set(sid, way);
    }
    return way;
  }

  #checked(notification: Notification): Notification {
    return this.#world.checksCodecs ? notificationThroughWire(notification) : notification;
  }

  // ------------------------------------------------------------------ time

  #soon(event: PeerEvent): void {
    const { life } = this;
    this.#world.schedule.after(0, () => {
      if (this.life === life) this.deliver(event);
    });
  }

  #syncLater(): void {
    this.#isSyncing = true;
    const { life } = this;
    const { schedule, diskPrng, scripted } = this.#world;
    schedule.after(this.#world.syncMs(this), () => {
      if (this.life !== life || !this.up) return;
      this.#isSyncing = false;
      if (this.#world.fullDisks.has(this.sid)) return this.crash();
      const waiting = this.disk.unsynced;
      const takesAll = scripted || diskPrng.chance(0.7);
      const answers = this.disk.sync(takesAll ? waiting : diskPrng.between(1, waiting));
      if (this.disk.unsynced > 0) this.#syncLater();
      this.#world.watcher.synced?.(this);
      for (const answer of answers) {
        if (this.life === life) this.deliver(answer);
      }
    });
  }

  #rearm(): void {
    const { peer } = this;
    if (peer === undefined || peer.wakeAt >= this.#wakeAt) return;
    if (peer.wakeAt === Number.POSITIVE_INFINITY) return;
    const at = Math.max(peer.wakeAt, this.#world.now);
    this.#wakeAt = at;
    const { life } = this;
    this.#world.schedule.at(at + this.#world.lateness(), () => {
      if (this.life !== life || this.#wakeAt !== at) return;
      this.#wakeAt = Number.POSITIVE_INFINITY;
      if (this.paused || this.peer === undefined) return;
      if (this.peer.wakeAt <= this.#world.now) this.deliver({ type: "woken" });
      else this.#rearm();
    });
  }
}

export const linkIds = (): (() => LinkId) => {
  let last = -1;
  return () => {
    last += 1;
    return linkIdOf(last);
  };
};
