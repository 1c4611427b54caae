import { connect, type Socket } from "node:net";
import type { Fabric } from "../core/network/fabric.ts";
import type { Link } from "../core/network/link.ts";
import { dialTimeoutMs } from "../runtime/dialer.ts";
import { clearTimeout, setTimeout } from "../runtime/machine-time.ts";
import type { Port } from "../runtime/ports.ts";
import { resetSocket } from "../runtime/reset-socket.ts";
import type { Address } from "./survey.ts";

/**
 * A learner that is refused tries again for half a second (`Learner.LeaderConnector`), because a leader that was just elected may
 * not listen yet. It is not refused here, so it is put through as late as a busy machine needs; a dead leader's port does refuse.
 */
const redialMs = 100;
const redialsMax = 20;

export interface GateOptions {
  /** From who dials here to who listens behind. */
  readonly link: Link;
  readonly port: Port;
  readonly target: Address;
  readonly fabric: Fabric;
  readonly connected: (near: Socket, far: Socket) => void;
  /** The port cannot be listened on again. */
  readonly failed: (error: unknown) => void;
}

/** A caller who is not connected yet. */
interface Caller {
  readonly near: Socket;
  /** Being dialled. */
  far: Socket | undefined;
  redials: number;
  redialTimer: NodeJS.Timeout | undefined;
  /** A peer gives up after a while; of clients some do and some do not, and they say so. */
  readonly patience: NodeJS.Timeout | undefined;
}

/** A port in front of one of a server's ports, for whoever dials it from one side. */
export class Gate {
  readonly link: Link;
  readonly port: number;
  readonly #options: GateOptions;
  readonly #callers = new Set<Caller>();
  #isOpen = false;

  constructor(options: GateOptions) {
    this.#options = options;
    this.link = options.link;
    this.port = options.port.number;
  }

  /** The server runs: whoever calls is put through. */
  async open(): Promise<void> {
    this.#isOpen = true;
    await this.#listen();
  }

  /** The server is down: calls are refused, those that were put through end by themselves. */
  close(): void {
    this.#isOpen = false;
    this.#options.port.unlisten();
  }

  /** At the ensemble's end. */
  destroy(): void {
    this.close();
    for (const caller of [...this.#callers]) this.#giveUp(caller);
  }

  /** The fabric changed: to refuse is not to listen, and what was blocked may be dialled. */
  shift(): void {
    if (this.#isOpen) this.#listen().catch(this.#options.failed);
    for (const caller of [...this.#callers]) this.#dial(caller);
  }

  async #listen(): Promise<void> {
    const { port, fabric } = this.#options;
    if (fabric.isRefused(this.link)) port.unlisten();
    else await port.listen((near) => this.#accept(near));
  }

  /** The system has accepted already; nobody behind hears of it before the way there is whole. */
  #accept(near: Socket): void {
    const giveUp = (): void => this.#giveUp(caller);
    const isPeer = this.link.channel !== "client";
    const caller: Caller = {
      near,
      far: undefined,
      redials: 0,
      redialTimer: undefined,
      patience: isPeer ? setTimeout(giveUp, dialTimeoutMs).unref() : undefined,
    };
    this.#callers.add(caller);
    near.unref();
    near.on("error", () => {}); // `close` follows
    near.once("close", giveUp);
    this.#dial(caller);
  }

  #dial(caller: Caller): void {
    if (caller.far !== undefined || caller.redialTimer !== undefined || this.#isBlocked) return;
    const far = connect({ ...this.#options.target, noDelay: true, allowHalfOpen: true });
    far.unref();
    caller.far = far;
    far.once("connect", () => {
      clearTimeout(caller.patience);
      if (this.#callers.delete(caller)) this.#options.connected(caller.near, far);
    });
    far.on("error", () => {
      caller.far = undefined;
      if (this.#callers.has(caller)) this.#redial(caller);
    });
  }

  /** Nobody but learners is patient. */
  #redial(caller: Caller): void {
    if (this.link.channel !== "quorum" || caller.redials === redialsMax) {
      return this.#giveUp(caller);
    }
    caller.redials += 1;
    caller.redialTimer = setTimeout(() => {
      caller.redialTimer = undefined;
      this.#dial(caller);
    }, redialMs).unref();
  }

  #giveUp(caller: Caller): void {
    if (!this.#callers.delete(caller)) return;
    clearTimeout(caller.redialTimer);
    clearTimeout(caller.patience);
    caller.far?.destroy();
    resetSocket(caller.near);
  }

  get #isBlocked(): boolean {
    const { fabric } = this.#options;
    const { from, to, channel } = this.link;
    return fabric.isBlocked(this.link) || fabric.isBlocked({ from: to, to: from, channel });
  }
}
