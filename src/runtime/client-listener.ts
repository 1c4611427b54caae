import type { Socket } from "node:net";
import { type ConnectionId, connectionIdOf, type Sid } from "../core/base/ids.ts";
import type { Link } from "../core/network/link.ts";
import type { PeerEvent } from "../core/server/effects.ts";
import { type ClientOwner, ClientSocket } from "./client-socket.ts";
import { type LargeRequestLimit, LargeRequests } from "./large-requests.ts";
import { setImmediate } from "./machine-time.ts";
import type { Port } from "./ports.ts";
import { Share } from "./share.ts";
import type { Ending, Surroundings } from "./surroundings.ts";
import { type SecureSocket, TlsGate, type TlsKeys } from "./tls-gate.ts";

export interface SecurePort {
  readonly port: Port;
  readonly keys: TlsKeys;
}

export interface ClientListenerOptions {
  readonly sid: Sid;
  readonly world: Surroundings;
  readonly port: Port;
  /** The port for clients that speak TLS. */
  readonly secure: SecurePort | undefined;
  readonly juteMaxBuffer: number;
  readonly largeRequests: LargeRequestLimit | undefined;
  /** Connections of one address; 0: no limit. */
  readonly maxClientCnxns: number;
  /** Connections of all; 0: no limit. */
  readonly maxCnxns: number;
  /** A connection without a session is closed at the end of the next full interval (NIOServerCnxnFactory). */
  readonly muteIntervalMs: number;
  /** Steps an event at once. */
  readonly take: (event: PeerEvent) => void;
  readonly onError: (error: unknown) => void;
}

type Accepted = Pick<SecureSocket, "subject"> & {
  readonly socket: Socket;
  readonly bare: Socket | undefined;
};

/** The client ports of one peer and the connections made to it. */
export class ClientListener implements ClientOwner {
  readonly sockets: Map<ConnectionId, ClientSocket> = new Map();
  readonly take: (event: PeerEvent) => void;
  readonly #options: ClientListenerOptions;
  readonly #link: Link;
  readonly #gate: TlsGate | undefined;
  readonly #largeRequests: LargeRequests | undefined;
  readonly #counts = new Map<string, number>();
  /** When connections without a session are closed, in the order they were made. */
  readonly #mute = new Map<ClientSocket, number>();
  #touched: ClientSocket[] = [];
  #lastId = 0;
  #isOpen = false;

  constructor(options: ClientListenerOptions) {
    this.#options = options;
    this.take = options.take;
    this.#link = { from: "client", to: options.sid, channel: "client" };
    const { secure, largeRequests } = options;
    this.#largeRequests = largeRequests && new LargeRequests(largeRequests);
    this.#gate =
      secure &&
      new TlsGate(
        secure.keys,
        (client) => this.#accept(client),
        () => this.#turnAway("tls"), // NettyServerCnxnFactory.CertificateVerifier counts each, whatever the reason
      );
  }

  async open(): Promise<void> {
    this.#isOpen = true;
    if (!this.#options.world.fabric.isRefused(this.#link)) await this.#listen();
  }

  /** The fabric changed: to refuse is not to listen. */
  shift(): void {
    if (!this.#isOpen) return;
    if (this.#options.world.fabric.isRefused(this.#link)) this.#unlisten("end");
    else this.#listen().catch(this.#options.onError);
  }

  close(how: Ending): void {
    this.#isOpen = false;
    this.#unlisten(how);
    this.#gate?.close();
    for (const socket of this.sockets.values()) {
      if (how === "end") socket.wire.end();
      else socket.wire.reset();
    }
    this.sockets.clear();
    this.#counts.clear();
    this.#mute.clear();
    this.#touched = [];
  }

  freeze(): void {
    for (const socket of this.sockets.values()) socket.freeze();
  }

  thaw(): void {
    for (const socket of [...this.sockets.values()]) socket.thaw();
  }

  /** Breaks the connections there are, as the network would; how many. */
  drop(): number {
    const sockets = [...this.sockets.values()];
    for (const socket of sockets) socket.wire.breakOff();
    return sockets.length;
  }

  flush(): void {
    const touched = this.#touched;
    if (touched.length === 0) return;
    this.#touched = [];
    for (const socket of touched) socket.flush();
  }

  /** When the next connection without a session is due to be closed. */
  dueAt(): number {
    for (const [socket, dueAt] of this.#mute) {
      if (socket.isMute) return dueAt;
      this.#mute.delete(socket);
    }
    return Infinity;
  }

  closeMute(now: number): void {
    for (const [socket, dueAt] of this.#mute) {
      if (dueAt > now) return;
      this.#mute.delete(socket);
      if (socket.isMute) socket.hangUp();
    }
  }

  touched(socket: ClientSocket): void {
    this.#options.world.turn.enter(); // it must end, also where a rule holds back all that was read
    this.#touched.push(socket);
  }

  later(task: () => void): void {
    this.#options.world.turn.later(task);
  }

  inNextTurn(task: () => void): void {
    setImmediate(task);
  }

  left(socket: ClientSocket): void {
    if (!this.sockets.delete(socket.id)) return;
    this.#mute.delete(socket);
    const count = (this.#counts.get(socket.remoteAddress) ?? 1) - 1;
    if (count === 0) this.#counts.delete(socket.remoteAddress);
    else this.#counts.set(socket.remoteAddress, count);
  }

  async #listen(): Promise<void> {
    const { port, secure } = this.#options;
    await Promise.all([
      port.listen((socket) => this.#accept({ socket, bare: undefined, subject: undefined })),
      secure?.port.listen((socket) => this.#gate?.accept(socket)),
    ]);
  }

  #unlisten(how: Ending): void {
    this.#options.port.unlisten(how);
    this.#options.secure?.port.unlisten(how);
  }

  #turnAway(over: "limit" | "tls"): void {
    if (!this.#isOpen) return; // the peer itself ended the handshake
    this.#options.world.turn.enter();
    this.take({ type: "turnedAway", over });
  }

  #accept({ socket, bare, subject }: Accepted): void {
    const { sid, world, juteMaxBuffer, maxClientCnxns, maxCnxns, muteIntervalMs } = this.#options;
    const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const count = this.#counts.get(address) ?? 0;
    const isFull = maxCnxns > 0 && this.sockets.size >= maxCnxns;
    if (isFull || (maxClientCnxns > 0 && count >= maxClientCnxns)) {
      socket.destroy();
      return this.#turnAway("limit");
    }
    this.#counts.set(address, count + 1);
    this.#lastId += 1;
    const id = connectionIdOf(this.#lastId);
    const client = new ClientSocket(world.wires, {
      id,
      sid,
      socket,
      bare,
      juteMaxBuffer,
      largeRequests: this.#largeRequests,
      share: new Share(world.shares),
      owner: this,
    });
    this.sockets.set(id, client);
    const now = world.turn.enter();
    this.#mute.set(client, (Math.floor(now / muteIntervalMs) + 2) * muteIntervalMs);
    const remote = { address, port: client.remotePort, subject };
    this.take({ type: "connected", connection: id, remote });
  }
}
