import type { ConnectionId, SessionId, Sid } from "../core/base/ids.ts";
import { memberOf } from "../core/quorum/config.ts";
import type { Command, Report } from "../core/server/effects.ts";
import type { Peer } from "../core/server/peer.ts";
import type { SecurePort } from "./client-listener.ts";
import type { AnyStore } from "./journal.ts";
import type { LargeRequestLimit } from "./large-requests.ts";
import { MemoryLinks, type MemoryNet } from "./memory-links.ts";
import { PeerPlace, type PlacePorts } from "./peer-place.ts";
import { PeerProcess } from "./peer-process.ts";
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
  readonly ports: PlacePorts;
  /** Where its fellows find it, before a reconfiguration moves it. */
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
  readonly muteIntervalMs: number;
  readonly electionPortTries: number;
  readonly onReport: (sid: Sid, report: Report) => void;
  readonly onFailure: (sid: Sid, error: unknown) => void;
}

/** Where one peer lives: its ports, which stay its own while it is down, and its process while it is up. */
export class PeerHost {
  readonly sid: Sid;
  readonly #options: PeerHostOptions;
  #state: HostState = "stopped";
  #since = 0;
  #process: PeerProcess | undefined;
  readonly #place: PeerPlace;
  readonly #firstClientHost: string | undefined;

  constructor(options: PeerHostOptions) {
    this.sid = options.sid;
    this.#options = options;
    this.#firstClientHost = options.ports.client.host;
    const { world, ports, address, electionPortTries } = options;
    this.#place = new PeerPlace({
      world,
      ports,
      address,
      electionPortTries,
      onReport: (report) => options.onReport(options.sid, report),
      onFailure: (error) => {
        if (this.#process !== undefined) this.#fail(this.#process, error);
      },
    });
  }

  get ports(): PeerPorts {
    const { admin, secure, ports } = this.#options;
    return {
      client: ports.client.number,
      quorum: ports.quorum.number,
      election: ports.election.number,
      admin: admin?.port,
      secure: secure?.port.number,
    };
  }

  /** Where it listens for clients; −1: nowhere, somebody else has its port. */
  get clientPort(): number {
    const { client } = this.#options.ports;
    return client.isLost ? -1 : client.number;
  }

  /** Where its fellows find it. */
  get address(): PeerAddress {
    return this.#place.address;
  }

  /** Where clients find it since a reconfiguration has moved it to another host; undefined: where they found it at first. */
  get clientHost(): string | undefined {
    const { host } = this.#options.ports.client;
    return host === this.#firstClientHost ? undefined : host;
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
    store: AnyStore,
    storageFaults: StorageFaults = new StorageFaults(),
  ): Promise<void> {
    if (this.#process !== undefined) throw new Error(`peer ${this.sid} is ${this.#state}`);
    const { sid, world, ports, secure, memoryNet } = this.#options;
    const { juteMaxBuffer, largeRequests, maxClientCnxns, maxCnxns, muteIntervalMs } =
      this.#options;
    const peer = makePeer();
    const process = new PeerProcess({
      world,
      peer,
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
        muteIntervalMs,
      },
      makeLinks: (inbox) =>
        memoryNet === undefined
          ? new TcpLinks({ sid, inbox, world }, ports)
          : new MemoryLinks({ sid, inbox, world }, memoryNet),
      onReconfigured: (config) => {
        const member = memberOf(config, sid);
        if (member !== undefined) this.#place.follow(member);
        world.reconfigured(config);
      },
      onReport: (report) => {
        if (report.type === "role" && report.to === "leading") this.#place.beginsToLead();
        this.#options.onReport(sid, report);
      },
      onError: (error) => this.#fail(process, error),
    });
    this.#process = process;
    this.#setState("running");
    try {
      await this.#place.settle(memberOf(peer.membership.committed, sid));
      if (this.#process !== process) return; // killed meanwhile
      await Promise.all([process.start(), this.#options.admin?.open()]);
      if (this.#process !== process) return;
      this.#place.know(memberOf(peer.membership.committed, sid));
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

  /** As `kill`, for a new life that begins at once: its ports do not refuse meanwhile. */
  vacate(): void {
    this.#end("crashed")?.kill("hand over");
  }

  /** There is no new life after `vacate`. */
  closePorts(): void {
    if (this.#process !== undefined) return;
    for (const port of Object.values(this.#options.ports)) port.unlisten();
    this.#options.secure?.port.unlisten();
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

  wake(now: number): void {
    if (this.#state === "running") this.#place.wake(now);
    this.#process?.wake(now);
  }

  get dueAt(): number {
    const { dueAt = Infinity } = this.#process ?? {};
    return this.#state === "running" ? Math.min(dueAt, this.#place.dueAt) : dueAt;
  }

  /** Something is not durable yet, or a port not open. */
  get isBusy(): boolean {
    return this.#process?.isBusy === true || this.#place.isMoving;
  }

  #end(state: HostState): PeerProcess | undefined {
    const process = this.#process;
    this.#process = undefined;
    this.#place.rest();
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
