import type { Prng } from "../core/base/prng.ts";
import type { Fabric, Held } from "../core/network/fabric.ts";
import type { Endpoint, Link, Message } from "../core/network/link.ts";
import { type LinkPattern, matchesLink } from "../core/network/selector.ts";
import type { Schedule } from "./schedule.ts";

/** Milliseconds that a message takes at least and at most. */
export interface Latency {
  readonly from: number;
  readonly to: number;
}

interface Flying<T> {
  /** undefined: the end of the connection. */
  readonly message: T | undefined;
  readonly at: number;
  readonly held: Held | undefined;
}

/** What crashes at the verdict of a rule. */
export type OnCrash = (who: Endpoint) => void;

/**
 * One end of a connection. Its two directions are first in, first out, or broken: nothing is lost, doubled or overtaken while
 * it is up, as over TCP. What this end sent and has not arrived is kept here.
 */
export class Socket<In, Out> {
  /** From this end to the other. */
  readonly link: Link;
  readonly openedAt: number;
  /** Whether this end takes part; the other may not know yet that it does not. */
  open = true;
  onMessage: (message: In) => void = () => {};
  /** The other end closed, or the connection broke; not after `close`. */
  onClosed: () => void = () => {};
  readonly #network: Network;
  #flying: Flying<Out>[] = [];
  #other: Socket<Out, In> | undefined;
  #freeAt = 0;
  /** The end of the connection is among what is flying. */
  #ended = false;
  #isWaiting = false;
  #reading = true;
  readonly #arriveNow = (): void => this.#arrive();

  constructor(network: Network, link: Link, openedAt: number) {
    this.#network = network;
    this.link = link;
    this.openedAt = openedAt;
    this.#freeAt = openedAt;
  }

  join(other: Socket<Out, In>): void {
    this.#other = other;
  }

  send(message: Out): void {
    if (!this.open || this.#ended) return;
    const { tamper, onSent } = this.#network;
    onSent?.(this.link, message);
    if (tamper === undefined) return this.#push(message);
    for (const each of tamper(this.link, message)) this.#push(each as Out);
  }

  /** Replaces the message sent last if it has not arrived. */
  replaceLast(message: Out): void {
    const last = this.#flying.at(-1);
    if (last === undefined || last.message === undefined) return this.send(message);
    this.#flying[this.#flying.length - 1] = { ...last, message };
  }

  get inFlight(): number {
    return this.#flying.length;
  }

  /** Closes behind what was sent. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    if (!this.#ended) this.#end();
  }

  /** This end's process is gone: of what it sent, a drawn beginning still arrives. */
  abort(): void {
    if (!this.open) return;
    this.open = false;
    if (this.#ended) return;
    this.#cut();
    this.#end();
  }

  /** The connection breaks for both ends, each of which hears of it in its own time. */
  reset(): void {
    for (const end of [this, this.#other]) {
      if (end === undefined || end.#ended) continue;
      end.#cut();
      end.#end();
    }
  }

  /** Whether messages for this end are taken; they wait meanwhile. */
  set reading(on: boolean) {
    this.#reading = on;
    if (on) this.#other?.wake();
  }

  /** Tries again to deliver what waits for the fabric or for the reader. */
  wake(): void {
    if (!this.#isWaiting) this.#await();
  }

  #push(message: Out | undefined): void {
    const network = this.#network;
    const at = network.schedule.now + network.latency();
    if (network.fabric.idle || message === undefined) this.#fly(message, at, undefined);
    else {
      const passage = network.route(this, message, at);
      this.#fly(message, passage.at, passage.held);
    }
  }

  #fly(message: Out | undefined, at: number, held: Held | undefined): void {
    this.#freeAt = Math.max(this.#freeAt, at);
    this.#flying.push({ message, at: this.#freeAt, held });
    if (this.#flying.length === 1) this.wake();
  }

  #end(): void {
    this.#ended = true;
    this.#push(undefined);
    this.#network.forget(this);
  }

  #cut(): void {
    this.#flying.length = this.#network.draw(this.#flying.length + 1);
  }

  #await(): void {
    const head = this.#flying[0];
    if (head === undefined) return;
    this.#isWaiting = true;
    this.#network.schedule.at(head.at, this.#arriveNow);
  }

  #arrive(): void {
    this.#isWaiting = false;
    const head = this.#flying[0];
    const other = this.#other;
    if (head === undefined || other === undefined) return;
    if (head.at > this.#network.schedule.now) return this.#await();
    if (this.#network.holdsBack(this.link, head.held)) return this.#network.park(this);
    if (!other.#reading && other.open) return;
    this.#flying.shift();
    this.#await();
    if (!other.open) return;
    if (head.message !== undefined) return other.onMessage(head.message);
    other.open = false;
    other.#ended = true;
    this.#network.forget(other);
    other.onClosed();
  }
}

/** Whoever waits for the fabric to let it go on. */
export interface Waiting {
  wake(): void;
}

/** A connection's end as the network itself sees it. */
interface Breakable {
  readonly link: Link;
  reset(): void;
}

/** Connections between peers, and from clients to peers, under the fault model that the real driver uses too. */
export class Network {
  readonly schedule: Schedule;
  readonly fabric: Fabric;
  /** What no connection does: other messages in place of the one sent. Only to see whether the checks would notice. */
  tamper: ((link: Link, message: unknown) => readonly unknown[]) | undefined;
  /** Hears of everything that is sent. */
  onSent: ((link: Link, message: unknown) => void) | undefined;
  readonly #prng: Prng;
  readonly #latency: Latency;
  readonly #onCrash: OnCrash;
  readonly #describe: (link: Link, message: unknown) => Message | undefined;
  readonly #open = new Set<Breakable>();
  readonly #parked = new Set<Waiting>();

  constructor(options: {
    schedule: Schedule;
    fabric: Fabric;
    prng: Prng;
    latency: Latency;
    onCrash: OnCrash;
    describe: (link: Link, message: unknown) => Message | undefined;
  }) {
    this.schedule = options.schedule;
    this.fabric = options.fabric;
    this.#prng = options.prng;
    this.#latency = options.latency;
    this.#onCrash = options.onCrash;
    this.#describe = options.describe;
    this.fabric.onShift = () => {
      const parked = [...this.#parked];
      this.#parked.clear();
      for (const waiting of parked) waiting.wake();
    };
  }

  /** A connection, from the dialling end to the other. */
  connect<A, B>(link: Link): { dialer: Socket<A, B>; acceptor: Socket<B, A> } {
    const { now } = this.schedule;
    const dialer = new Socket<A, B>(this, link, now);
    const acceptor = new Socket<B, A>(this, reverse(link), now);
    dialer.join(acceptor);
    acceptor.join(dialer);
    this.#open.add(dialer);
    this.#open.add(acceptor);
    return { dialer, acceptor };
  }

  /** How long something takes on its way. */
  latency(): number {
    return this.#prng.between(this.#latency.from, this.#latency.to);
  }

  draw(below: number): number {
    return this.#prng.below(below);
  }

  /** Breaks every open connection that matches; how many. */
  reset(patterns: readonly LinkPattern[]): number {
    let count = 0;
    for (const socket of [...this.#open]) {
      if (!patterns.some((pattern) => matchesLink(pattern, socket.link))) continue;
      socket.reset();
      count += 1;
    }
    return count;
  }

  /** Whether nothing can pass from one end to the other and back, as a new connection must. */
  isBlocked(link: Link): boolean {
    if (this.fabric.idle) return false;
    return this.fabric.isBlocked(link) || this.fabric.isBlocked(reverse(link));
  }

  /** What the fabric makes of a message that would arrive `at` some time. */
  route(
    socket: Breakable,
    message: unknown,
    at: number,
  ): { readonly at: number; readonly held: Held | undefined } {
    const { link } = socket;
    const description = this.fabric.needsMessages ? this.#describe(link, message) : undefined;
    const passage = this.fabric.route(link, description, description?.bytes ?? 100, at);
    if (passage.action === "reset") this.schedule.after(0, () => socket.reset());
    else if (passage.action === "crash-sender")
      this.schedule.after(0, () => this.#onCrash(link.from));
    else if (passage.action === "crash-receiver") {
      this.schedule.at(passage.at, () => this.#onCrash(link.to));
    }
    return { at: passage.at, held: passage.held };
  }

  holdsBack(link: Link, held: Held | undefined): boolean {
    if (held !== undefined && !held.released) return true;
    return !this.fabric.idle && this.fabric.isBlocked(link);
  }

  park(waiting: Waiting): void {
    this.#parked.add(waiting);
  }

  forget(socket: Breakable): void {
    this.#open.delete(socket);
  }
}

const reverse = (link: Link): Link => ({ from: link.to, to: link.from, channel: link.channel });
