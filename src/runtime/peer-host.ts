import type { ConnectionId, SessionId, Sid } from "../core/base/ids.ts";
import type { Command, Report } from "../core/server/effects.ts";
import type { Peer } from "../core/server/peer.ts";
import type { Store } from "../core/storage/ports.ts";
import type { SecurePort } from "./client-listener.ts";
import type { LargeRequestLimit } from "./large-requests.ts";
import { MemoryLinks, type MemoryNet } from "./memory-links.ts";
import { PeerProcess } from "./peer-process.ts";
import type { Port } from "./ports.ts";
import type { SideDoor } from "./side-door.ts";
import { StorageFaults } from "./storage-faults.ts";
import type { PeerAddress, Surroundings } from "./surroundings.ts";
import { TcpLinks } from "./tcp-links.ts";

export type HostState = "stopped" | "running" | "paused" | "crashed";

export interface PeerPorts {
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
  readonly admin: number | undefined;
  readonly secure: number | undefined;
}

/** A client's connection, as its peer's process sees it. */
export interface ConnectionView {
  readonly id: ConnectionId;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** undefined before the handshake is over. */
  readonly session: SessionId | undefined;
  /** The session's, in milliseconds. */
  readonly timeout: number;
  /** Nothing is read from it or written to it at present. */
  readonly frozen: boolean;
}

export interface PeerHostOptions {
  readonly sid: Sid;
  readonly world: Surroundings;
  readonly ports: { readonly client: Port; readonly quorum: Port; readonly election: Port };
  /** Where its fellows find it. */
  readonly address: PeerAddress;
  /** For clients that speak TLS. */
  readonly secure: SecurePort | undefined;
  /** Its AdminServer's. */
  readonly admin: SideDoor | undefined;
  /** undefined: peers talk over TCP. */
  readonly memoryNet: MemoryNet | undefined;
  readonly juteMaxBuffer: number;
  readonly largeRequests: LargeRequestLimit | undefined;
  readonly maxClientCnxns: number;
  readonly maxCnxns: number;
  readonly onReport: (sid: Sid, report: Report) => void;
  readonly onFailure: (sid: Sid, error: unknown) => void;
}

/** Where one peer lives: its ports, which stay its own while it is down, and its process while it is up. */
export class PeerHost {
  readonly sid: Sid;
  readonly ports: PeerPorts;
  readonly address: PeerAddress;
  readonly #options: PeerHostOptions;
  #state: HostState = "stopped";
  #since = 0;
  #process: PeerProcess | undefined;

  constructor(options: PeerHostOptions) {
    this.sid = options.sid;
    this.address = options.address;
    this.#options = options;
    const { client, quorum, election } = options.ports;
    this.ports = {
      client: client.number,
      quorum: quorum.number,
      election: election.number,
      admin: options.admin?.port,
      secure: options.secure?.port.number,
    };
  }

  get state(): HostState {
    return this.#state;
  }

  /** The ensemble's time of the last change of `state`. */
  get since(): number {
    return this.#since;
  }

  /** The peer's machine while its process lives, paused or not. */
  get peer(): Peer | undefined {
    return this.#process?.peer;
  }

  /** Listens, then starts the peer from what the store holds; for a peer that is down. */
  async start(
    makePeer: () => Peer,
    store: Store,
    storageFaults: StorageFaults = new StorageFaults(),
  ): Promise<void> {
    if (this.#process !== undefined) throw new Error(`peer ${this.sid} is ${this.#state}`);
    const { sid, world, ports, secure, memoryNet } = this.#options;
    const { juteMaxBuffer, largeRequests, maxClientCnxns, maxCnxns } = this.#options;
    const process = new PeerProcess({
      world,
      peer: makePeer(),
      store,
      storageFaults,
      clients: {
        sid,
        port: ports.client,
        secure,
        juteMaxBuffer,
        largeRequests,
        maxClientCnxns,
        maxCnxns,
      },
      makeLinks: (inbox) =>
        memoryNet === undefined
          ? new TcpLinks({ sid, inbox, world }, ports)
          : new MemoryLinks({ sid, inbox, world }, memoryNet),
      onReconfigured: (config) => world.reconfigured(config),
      onReport: (report) => this.#options.onReport(sid, report),
      onError: (error) => this.#fail(process, error),
    });
    this.#process = process;
    this.#setState("running");
    try {
      await Promise.all([process.start(), this.#options.admin?.open()]);
    } catch (error) {
      if (this.#process === process) this.#end("stopped")?.kill();
      throw error;
    }
  }

  /** Clean: what the store was given becomes durable, sockets are closed behind what was written. */
  async stop(): Promise<void> {
    this.resume();
    await this.#end("stopped")?.stop();
    this.#setState("stopped");
  }

  /** A crash: every socket is reset, the peer's memory is gone; the ports refuse. */
  kill(): void {
    this.#end("crashed")?.kill();
    this.#setState("crashed");
  }

  /** Freezes the process: sockets stay open, nothing is read or written, no step runs. */
  pause(): void {
    if (this.#state !== "running") return;
    this.#setState("paused");
    for (const port of Object.values(this.#options.ports)) port.freeze();
    this.#options.secure?.port.freeze();
    this.#options.admin?.freeze();
    this.#process?.pause();
  }

  /** Goes on where it stopped, at the ensemble's time of now. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#setState("running");
    this.#process?.resume();
    for (const port of Object.values(this.#options.ports)) port.thaw();
    this.#options.secure?.port.thaw();
    this.#options.admin?.thaw();
  }

  /** Carried out in this turn, a paused peer's when it resumes; a peer that is down does not hear it. */
  command(command: Command): void {
    if (this.#process === undefined) return;
    this.#options.world.turn.post(this.#process, { type: "command", command });
  }

  connections(): readonly ConnectionView[] {
    const views: ConnectionView[] = [];
    for (const socket of this.#process?.clients.sockets.values() ?? []) {
      const { id, remoteAddress, remotePort, session, timeout, isFrozen: frozen } = socket;
      views.push({ id, remoteAddress, remotePort, session, timeout, frozen });
    }
    return views;
  }

  /** Breaks connections as the network would; how many. */
  dropConnections(which: { readonly clients: boolean; readonly peers: boolean }): number {
    return this.#process?.drop(which) ?? 0;
  }

  dropConnection(id: ConnectionId): boolean {
    const socket = this.#process?.clients.sockets.get(id);
    socket?.wire.breakOff();
    return socket !== undefined;
  }

  /** Nothing is read from a client or written to it until the function returned is called. */
  freezeConnection(id: ConnectionId): () => void {
    const socket = this.#process?.clients.sockets.get(id);
    socket?.freeze();
    let frozen = socket !== undefined;
    return () => {
      if (frozen) socket?.thaw();
      frozen = false;
    };
  }

  /** For the world: the process, while it lives. */
  get process(): PeerProcess | undefined {
    return this.#process;
  }

  #end(state: HostState): PeerProcess | undefined {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined) return undefined;
    this.#options.admin?.close(state === "crashed" ? "reset" : "end");
    this.#setState(state);
    return process;
  }

  /** Our own bug, or a store that failed: as by a crash, and loudly. */
  #fail(process: PeerProcess, error: unknown): void {
    if (this.#process === process) this.kill();
    else process.kill();
    this.#options.onFailure(this.sid, error);
  }

  #setState(state: HostState): void {
    this.#state = state;
    this.#since = this.#options.world.clock.now();
    this.#options.world.turn.reschedule();
  }
}
