import { formatHostPort } from "../core/base/host-port.ts";
import { type Sid, sidOf } from "../core/base/ids.ts";
import {
  type InitialMessage,
  initialMessageV1,
  type Notification,
} from "../core/packets/notification.ts";
import type { Dial } from "./dialer.ts";
import { addressIn, Conversation, type ConversationOptions } from "./election-conversation.ts";
import { Introductions } from "./introductions.ts";
import { LinkDoor, type Pair } from "./link-security.ts";
import type { Port } from "./ports.ts";
import type { Ending, LinksOptions, Surroundings } from "./surroundings.ts";
import type { Inbox } from "./turn.ts";
import { Stop } from "./wire.ts";

/** Peers that nobody configured and that are remembered: observers may come so, but so may anybody. */
const strangersMax = 64;

/** The way to one other peer. */
interface Way {
  readonly sid: Sid;
  talk: Conversation | undefined;
  /** The newest vote not yet sent: one that is overtaken is never sent. */
  slot: Notification | undefined;
  /** The vote sent last, which a new connection repeats. */
  last: Notification | undefined;
  /** Under way. */
  dial: Dial | undefined;
  /** What the peer was told. */
  reachable: boolean | undefined;
}

/**
 * Votes over TCP as Apache's QuorumCnxManager carries them: one connection a pair of peers, dialled by the one with the larger
 * sid. The smaller dials only to be called back: it says who and where it is, and closes. Where Apache drops the connection it
 * has before it calls back, this keeps it until the new one stands, so that nobody takes a change for a loss; and the smaller waits
 * for a moment, since where both begin the larger dials by itself, and would have to dial anew.
 */
export class ElectionLinks {
  readonly #sid: Sid;
  readonly #inbox: Inbox;
  readonly #world: Surroundings;
  readonly #port: Port;
  readonly #door: LinkDoor;
  readonly #ways = new Map<Sid, Way>();
  readonly #dirty = new Set<Way>();
  readonly #talks = new Set<Conversation>();
  /** Where peers that are not configured listen; undefined: they did not say. */
  readonly #heardOf = new Map<Sid, { readonly host: string; readonly port: number } | undefined>();
  readonly unknown: Introductions<Conversation> = new Introductions();

  constructor({ sid, inbox, world }: LinksOptions, port: Port) {
    this.#sid = sid;
    this.#inbox = inbox;
    this.#world = world;
    this.#port = port;
    this.#door = new LinkDoor(world.linkSecurity, {
      channel: "election",
      onOpen: (pair) => this.#accept(pair),
    });
  }

  open(): Promise<void> {
    return this.#port.listen((socket) => this.#door.accept(socket));
  }

  vote(to: Sid, notification: Notification): void {
    const way = this.#wayTo(to);
    way.slot = notification;
    this.#dirty.add(way);
  }

  flush(): void {
    if (this.#dirty.size === 0) return;
    for (const way of this.#dirty) this.#serve(way);
    this.#dirty.clear();
  }

  freeze(): void {
    for (const talk of this.#talks) talk.wire.stop(Stop.frozen);
  }

  thaw(): void {
    for (const talk of [...this.#talks]) talk.wire.go(Stop.frozen);
  }

  /** Breaks the connections there are; how many. */
  drop(): number {
    const talks = [...this.#talks];
    for (const talk of talks) talk.wire.breakOff();
    return talks.length;
  }

  close(how: Ending): void {
    this.#port.unlisten(how);
    this.#door.close();
    for (const { wire } of this.#talks) how === "end" ? wire.end() : wire.reset();
    this.#ways.clear();
    this.#dirty.clear();
    this.#talks.clear();
    this.unknown.clear();
  }

  // ------------------------------------------------------------------ what conversations bring

  greeted(talk: Conversation, hello: InitialMessage | undefined): void {
    this.unknown.delete(talk);
    if (hello === undefined || hello.sid === this.#sid) return this.#leave(talk);
    if (!this.#isConfigured(hello.sid) && !this.#remember(talk, hello)) return this.#leave(talk);
    talk.wire.identify(hello.sid);
    const way = this.#wayTo(hello.sid);
    if (hello.sid > this.#sid) return this.#adopt(way, talk);
    this.#leave(talk);
    this.#dial(way);
  }

  introduced(talk: Conversation, to: Sid): void {
    this.unknown.delete(talk);
    const way = this.#wayTo(to);
    way.dial = undefined;
    if (this.#sid < to) return this.#leave(talk); // to be called back
    this.#adopt(way, talk);
  }

  refused(talk: Conversation, why: string): void {
    const { remoteAddress } = talk.wire;
    const { sid, isDialled } = talk;
    const whom = isDialled ? `peer ${sid}` : `a peer from ${remoteAddress} that says it is ${sid}`;
    this.#world.auth?.failed(whom, why);
    this.#leave(talk);
    if (!isDialled || sid === undefined) return;
    const way = this.#wayTo(sid);
    way.dial = undefined;
    this.#tell(way, false);
  }

  heard(from: Sid, notification: Notification): void {
    this.#inbox.take({ type: "notified", from, notification });
  }

  lost(talk: Conversation): void {
    this.#talks.delete(talk);
    this.unknown.delete(talk);
    const way = talk.sid === undefined ? undefined : this.#ways.get(talk.sid);
    if (way?.talk !== talk) return;
    way.talk = undefined;
    this.#tell(way, false);
    if (way.slot !== undefined) this.#dirty.add(way);
  }

  drained(talk: Conversation): void {
    const way = talk.sid === undefined ? undefined : this.#ways.get(talk.sid);
    if (way !== undefined) this.#serve(way);
  }

  // ------------------------------------------------------------------ ways

  #isConfigured(sid: Sid): boolean {
    return this.#world.addressOf(sid) !== undefined;
  }

  /**
   * Notes where a stranger is to be called back: at the port that it says, on the host that it comes from, so that nobody can
   * have this peer dial others.
   */
  #remember(talk: Conversation, hello: InitialMessage): boolean {
    const { sid } = hello;
    if (!this.#heardOf.has(sid) && this.#heardOf.size >= strangersMax) return false;
    const port = addressIn(hello.address)?.port;
    this.#heardOf.set(sid, port === undefined ? port : { host: talk.wire.remoteAddress, port });
    return true;
  }

  /** A stranger that is gone leaves nothing behind. */
  #forget(way: Way): void {
    if (this.#isConfigured(way.sid)) return;
    this.#ways.delete(way.sid);
    this.#heardOf.delete(way.sid);
    this.#dirty.delete(way);
  }

  #wayTo(sid: Sid): Way {
    let way = this.#ways.get(sid);
    if (way === undefined) {
      way = {
        sid,
        talk: undefined,
        slot: undefined,
        last: undefined,
        dial: undefined,
        reachable: undefined,
      };
      this.#ways.set(sid, way);
    }
    return way;
  }

  /** Sends the newest vote, or dials so that it can be sent. */
  #serve(way: Way): void {
    const { slot, talk } = way;
    if (slot === undefined) return;
    if (talk === undefined) return this.#dial(way);
    if (talk.wire.isFull) return;
    way.slot = undefined;
    way.last = slot;
    talk.say(slot, this.#world.fabric.needsMessages);
  }

  /** A connection stands: votes go this way, and what was said last is said again unless there is something newer. */
  #adopt(way: Way, talk: Conversation): void {
    const replaced = way.talk;
    way.talk = talk;
    if (way.dial !== undefined && this.#world.dialer.withdraw(way.dial)) way.dial = undefined;
    // The smaller side closes what is replaced (SendWorker.finish); the larger waits for that.
    if (replaced !== undefined && this.#sid < way.sid) this.#leave(replaced);
    if (way.slot === undefined) way.slot = way.last;
    this.#serve(way);
    this.#tell(way, true);
  }

  #leave(talk: Conversation): void {
    this.#talks.delete(talk);
    this.unknown.delete(talk);
    talk.wire.end();
  }

  #tell(way: Way, reachable: boolean): void {
    if (way.reachable === reachable) return;
    way.reachable = reachable;
    if (!reachable) this.#forget(way);
    this.#world.turn.post(this.#inbox, { type: "reachable", sid: way.sid, reachable });
  }

  #accept(pair: Pair): void {
    const from = this.#world.dialer.whoDials(pair.socket.remotePort);
    const auth = this.#world.auth?.accepting();
    this.#talkOver(pair, { to: from ?? sidOf(0), sid: undefined, auth });
    this.unknown.makeRoom();
  }

  #talkOver(
    pair: Pair,
    { to, sid, auth }: Pick<ConversationOptions, "sid" | "auth"> & { to: Sid },
  ): Conversation {
    const talk = new Conversation(this.#world.wires, {
      ...pair,
      outgoing: { from: this.#sid, to, channel: "election" },
      judgesIncoming: !this.#world.isOurs(to),
      sid,
      auth,
      listener: this,
    });
    this.#talks.add(talk);
    this.unknown.add(talk);
    return talk;
  }

  // ------------------------------------------------------------------ dialling

  #dial(way: Way): void {
    if (way.dial !== undefined) return;
    const address = this.#addressOf(way.sid);
    if (address === undefined) return this.#forget(way);
    way.dial = {
      from: this.#sid,
      to: way.sid,
      channel: "election",
      address,
      waits: this.#sid < way.sid && way.reachable === undefined,
      done: (pair) => {
        if (pair !== undefined) return this.#dialed(way.sid, pair);
        way.dial = undefined;
        this.#tell(way, false);
      },
    };
    this.#world.dialer.dial(way.dial);
  }

  #addressOf(sid: Sid): { host: string; port: number } | undefined {
    const configured = this.#world.addressOf(sid);
    if (configured === undefined) return this.#heardOf.get(sid);
    return { host: configured.host, port: configured.electionPort };
  }

  #dialed(to: Sid, pair: Pair): void {
    const auth = this.#world.auth?.dialing(this.#addressOf(to)?.host ?? "");
    const talk = this.#talkOver(pair, { to, sid: to, auth });
    const host = this.#world.addressOf(this.#sid)?.host ?? "127.0.0.1";
    const address = formatHostPort(host, this.#port.number);
    talk.introduce({ version: initialMessageV1, sid: this.#sid, address });
  }
}
