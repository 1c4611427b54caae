import { connect, type Socket } from "node:net";
import type { Sid } from "../core/base/ids.ts";
import type { Fabric } from "../core/network/fabric.ts";
import type { Channel } from "../core/network/link.ts";
import { type LinkSecurity, type Pair, secureDial } from "./link-security.ts";
import { nextTick, setImmediate } from "./machine-time.ts";
import type { WorldClock } from "./world-clock.ts";

/** Apache's `zookeeper.cnxTimeout`: a connection that is not there by then is given up. */
export const dialTimeoutMs = 5000;

/**
 * How often the event loop turns before a dial that waits begins. Where both sides begin in one turn, the other one has introduced
 * itself by then: in the first poll its connection is accepted, in the second its first bytes are read.
 */
const waitTurns = 4;

export interface Dial {
  readonly from: Sid;
  readonly to: Sid;
  readonly channel: Channel;
  readonly address: { readonly host: string; readonly port: number };
  /** Begins a moment later: the other side may be about to dial, and then there is `withdraw`. */
  readonly waits: boolean;
  /** undefined: refused, or not connected in time. */
  readonly done: (pair: Pair | undefined) => void;
}

interface Attempt {
  readonly dial: Dial;
  readonly deadline: number;
  socket: Socket | undefined;
  isWaiting: boolean;
}

/**
 * Makes the connections between peers. Loopback accepts at once, so faults are kept in mind here: a dial over a blocked link
 * hangs until the link is whole again or time is up, one over a refusing link fails.
 */
export class Dialer {
  readonly #fabric: Fabric;
  readonly #clock: WorldClock;
  readonly #security: LinkSecurity | undefined;
  readonly #attempts = new Set<Attempt>();
  /** Which peer has dialled from a local port, for those who accept the connection before its first packet. */
  readonly #dialers = new Map<number, Sid>();

  /** Without `security` what it dials speaks plainly. */
  constructor(fabric: Fabric, clock: WorldClock, security: LinkSecurity | undefined) {
    this.#fabric = fabric;
    this.#clock = clock;
    this.#security = security;
  }

  /** Calls `done` once, perhaps at once. */
  dial(dial: Dial): void {
    const deadline = this.#clock.now() + dialTimeoutMs;
    const attempt: Attempt = { dial, deadline, socket: undefined, isWaiting: dial.waits };
    this.#attempts.add(attempt);
    if (attempt.isWaiting) this.#wait(attempt, waitTurns);
    else this.#try(attempt);
  }

  /** Ends a dial that has not begun, without `done`; false: it has, or is over. */
  withdraw(dial: Dial): boolean {
    for (const attempt of this.#attempts) {
      if (attempt.dial === dial && attempt.isWaiting) return this.#attempts.delete(attempt);
    }
    return false;
  }

  /** Gives up all that this peer dials; `done` is not called. */
  cancelAll(from: Sid): void {
    for (const attempt of this.#attempts) {
      if (attempt.dial.from !== from) continue;
      this.#attempts.delete(attempt);
      attempt.socket?.destroy();
    }
  }

  /** The peer whose connection comes from `remotePort`, when it is one of ours. */
  whoDials(remotePort: number | undefined): Sid | undefined {
    return remotePort === undefined ? undefined : this.#dialers.get(remotePort);
  }

  /** The fabric changed. */
  shift(): void {
    for (const attempt of [...this.#attempts]) {
      if (attempt.socket === undefined && !attempt.isWaiting) this.#try(attempt);
    }
  }

  dueAt(): number {
    let dueAt = Infinity;
    for (const attempt of this.#attempts) dueAt = Math.min(dueAt, attempt.deadline);
    return dueAt;
  }

  pump(now: number): void {
    for (const attempt of [...this.#attempts]) {
      if (attempt.deadline <= now) this.#finish(attempt, undefined);
    }
  }

  /** A connection is being made, or will be. */
  get isBusy(): boolean {
    for (const { socket, isWaiting } of this.#attempts) {
      if (socket !== undefined || isWaiting) return true;
    }
    return false;
  }

  close(): void {
    for (const attempt of this.#attempts) attempt.socket?.destroy();
    this.#attempts.clear();
  }

  #wait(attempt: Attempt, turns: number): void {
    setImmediate(() => {
      if (!this.#attempts.has(attempt)) return;
      if (turns > 1) return this.#wait(attempt, turns - 1);
      attempt.isWaiting = false;
      this.#try(attempt);
    });
  }

  #try(attempt: Attempt): void {
    const { from, to, channel, address } = attempt.dial;
    const link = { from, to, channel };
    if (!this.#fabric.idle) {
      if (this.#fabric.isRefused(link)) return this.#finish(attempt, undefined);
      // The SYN, or the answer to it, is lost.
      if (this.#fabric.isBlocked(link)) return;
      if (this.#fabric.isBlocked({ from: to, to: from, channel })) return;
    }
    const socket = connect({ ...address, noDelay: true, allowHalfOpen: true });
    socket.unref();
    attempt.socket = socket;
    // The socket gets its port on the next tick; nobody accepts it before the next poll.
    nextTick(() => this.#register(socket, from));
    const fail = (): void => this.#finish(attempt, undefined);
    socket.once("error", fail);
    socket.once("connect", () => {
      socket.off("error", fail);
      const done = (pair: Pair | undefined): void => this.#finish(attempt, pair);
      if (this.#security?.dialsTls !== true) return done({ socket, bare: undefined });
      secureDial(this.#security, { bare: socket, host: address.host }, done);
    });
  }

  #register(socket: Socket, from: Sid): void {
    const { localPort } = socket;
    if (localPort === undefined) return;
    this.#dialers.set(localPort, from);
    socket.once("close", () => this.#dialers.delete(localPort));
  }

  #finish(attempt: Attempt, pair: Pair | undefined): void {
    if (!this.#attempts.delete(attempt)) return;
    if (pair === undefined) attempt.socket?.destroy();
    attempt.dial.done(pair);
  }
}
