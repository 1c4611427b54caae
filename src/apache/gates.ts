import type { Socket } from "node:net";
import type { SessionId, Sid } from "../core/base/ids.ts";
import type { Fabric } from "../core/network/fabric.ts";
import type { Endpoint, Link } from "../core/network/link.ts";
import { type LinkPattern, touches } from "../core/network/selector.ts";
import type { Ms } from "../ensemble/api-controls.ts";
import { Lanes } from "../runtime/lanes.ts";
import { clearTimeout, setTimeout } from "../runtime/machine-time.ts";
import { type Port, PortKeeper } from "../runtime/ports.ts";
import { Gate } from "./gate.ts";
import { Relay } from "./relay.ts";
import type { PeerPorts } from "./server-plan.ts";

/** Where processes listen for each other and for the proxies. */
export const inside = "127.0.0.1";
/** The longest delay of a timer. */
const timerMsMax = 2 ** 31 - 1;

export interface GatesOptions {
  readonly fabric: Fabric;
  /** What clients' ports are bound to. */
  readonly host: string;
  readonly now: () => Ms;
  readonly failed: (error: unknown) => void;
}

/**
 * The proxies of an ensemble: one before each server's client port, and one between any two servers for each direction and
 * channel. They carry what the servers say through the fabric; what they cannot do is keep the system from accepting a call.
 */
export class Gates {
  readonly #options: GatesOptions;
  readonly #lanes: Lanes;
  readonly #clientPorts: PortKeeper;
  readonly #peerPorts = new PortKeeper(inside);
  readonly #gates: Gate[] = [];
  readonly #relays = new Set<Relay>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GatesOptions) {
    this.#options = options;
    this.#lanes = new Lanes(options.fabric, options);
    this.#clientPorts = new PortKeeper(options.host);
    options.fabric.onShift = () => this.#shift();
  }

  /** The proxy for clients, by its port, or any free one for 0. Rejects with the system's error, such as EADDRINUSE. */
  async addClientGate(to: Sid, { port, target }: { port: number; target: number }): Promise<void> {
    const link: Link = { from: "client", to, channel: "client" };
    this.#add(link, await this.#clientPorts.reserve(port), target);
  }

  /** The proxies between every two. */
  async addPeerGates(ports: ReadonlyMap<Sid, PeerPorts>): Promise<void> {
    for (const from of ports.keys()) {
      for (const [to, target] of ports) {
        if (from === to) continue;
        for (const channel of ["quorum", "election"] as const) {
          const link: Link = { from, to, channel };
          this.#add(link, await this.#peerPorts.reserve(0), target[channel]);
        }
      }
    }
  }

  /** The port by which `from` reaches `to`. */
  port(from: Endpoint, to: Sid, channel: Link["channel"]): number {
    const isWanted = ({ link }: Gate): boolean =>
      link.from === from && link.to === to && link.channel === channel;
    return this.#gates.find(isWanted)?.port ?? 0;
  }

  /** The server's process runs. */
  async open(to: Sid): Promise<void> {
    await Promise.all(this.#gatesTo(to).map((gate) => gate.open()));
  }

  /** The server's process is gone. */
  close(to: Sid): void {
    for (const gate of this.#gatesTo(to)) gate.close();
  }

  /** Resets every connection on a matching link, as the network would; how many. */
  reset(patterns: readonly LinkPattern[]): number {
    const matching = [...this.#relays].filter((relay) => touches(patterns, relay.link));
    for (const relay of matching) relay.breakOff();
    return matching.length;
  }

  /** The connections that have a session, each session's newest last. */
  clients(): readonly Relay[] {
    return [...this.#relays].filter((relay) => relay.granted !== undefined);
  }

  clientOf(session: SessionId): Relay | undefined {
    return this.clients().findLast((relay) => relay.granted?.session === session);
  }

  /** Leaves no socket and no timer. */
  async destroy(): Promise<void> {
    this.#options.fabric.onShift = () => {};
    clearTimeout(this.#timer);
    for (const gate of this.#gates) gate.destroy();
    for (const relay of [...this.#relays]) relay.breakOff();
    await Promise.all([this.#clientPorts.close(), this.#peerPorts.close()]);
  }

  #add(link: Link, port: Port, target: number): void {
    const { fabric, failed } = this.#options;
    const gate = new Gate({
      link,
      port,
      target: { host: inside, port: target },
      fabric,
      failed,
      connected: (near, far) => this.#connected(link, near, far),
    });
    this.#gates.push(gate);
  }

  #connected(link: Link, near: Socket, far: Socket): void {
    const { fabric, now } = this.#options;
    const { from, to, channel } = link;
    const relay: Relay = new Relay({
      link,
      near,
      far,
      openedAt: now(),
      fabric,
      lanes: this.#lanes,
      callBack:
        channel === "election" && from !== "client"
          ? `${inside}:${this.port(to, from, channel)}`
          : undefined,
      waiting: () => this.#schedule(),
      over: () => this.#relays.delete(relay),
    });
    this.#relays.add(relay);
    this.#schedule();
  }

  #shift(): void {
    this.#lanes.pump();
    for (const gate of this.#gates) gate.shift();
    this.#schedule();
  }

  /** The timer is set to when the next bytes held back are due, or the next reset. */
  #schedule(): void {
    clearTimeout(this.#timer);
    let dueAt = this.#lanes.dueAt();
    for (const relay of this.#relays) dueAt = Math.min(dueAt, this.#resetAt(relay));
    if (dueAt === Infinity) return;
    const delay = Math.min(Math.max(0, dueAt - this.#options.now()), timerMsMax);
    this.#timer = setTimeout(() => this.#pump(), Math.ceil(delay)).unref();
  }

  #pump(): void {
    this.#lanes.pump();
    const now = this.#options.now();
    for (const relay of [...this.#relays]) if (this.#resetAt(relay) <= now) relay.breakOff();
    this.#schedule();
  }

  #resetAt({ link, openedAt }: Relay): number {
    const { fabric } = this.#options;
    if (fabric.idle) return Infinity;
    const back = { from: link.to, to: link.from, channel: link.channel };
    return Math.min(fabric.resetAt(link, openedAt), fabric.resetAt(back, openedAt));
  }

  #gatesTo(to: Sid): readonly Gate[] {
    return this.#gates.filter((gate) => gate.link.to === to);
  }
}
