import type { Socket } from "node:net";
import type { Sid } from "../core/base/ids.ts";
import { Prng } from "../core/base/prng.ts";
import { Fabric } from "../core/network/fabric.ts";
import type { Endpoint } from "../core/network/link.ts";
import type { LinkPattern } from "../core/network/selector.ts";
import type { EnsembleConfig } from "../core/quorum/config.ts";
import type { Report } from "../core/server/effects.ts";
import { Authenticator, type PeerAuthOptions } from "./authentication.ts";
import type { ClientSocket } from "./client-socket.ts";
import { Dialer } from "./dialer.ts";
import type { LargeRequestLimit } from "./large-requests.ts";
import type { LinkSecurity } from "./link-security.ts";
import { setImmediate } from "./machine-time.ts";
import { MemoryNet } from "./memory-links.ts";
import { PeerHost } from "./peer-host.ts";
import { addressToBind, type FixedAddress, Port, PortKeeper } from "./ports.ts";
import { Shares } from "./share.ts";
import { SideDoor } from "./side-door.ts";
import type { PeerAddress, Surroundings } from "./surroundings.ts";
import type { TlsKeys } from "./tls-gate.ts";
import { Turn } from "./turn.ts";
import { Wires } from "./wires.ts";
import { WorldClock } from "./world-clock.ts";

export interface WorldOptions {
  /** What every port is bound to. */
  readonly host: string;
  readonly peerLinks: "tcp" | "memory";
  /** How peers know each other over TCP; default: they do not ask. */
  readonly peerAuth?: PeerAuthOptions | undefined;
  /** TLS between peers over TCP; default: they speak plainly. */
  readonly linkSecurity?: LinkSecurity | undefined;
  readonly clock: "real" | "manual";
  readonly tickTime: number;
  readonly seed: string;
  readonly juteMaxBuffer: number;
  /** Connections of one address to one peer; 0: no limit. */
  readonly maxClientCnxns: number;
  /** Connections to one peer; default 0: no limit. */
  readonly maxCnxns?: number;
  /** How long a connection may be without a session, rounded up to a whole one of these; default ten seconds. */
  readonly muteIntervalMs?: number;
  /** How often an election port is tried that a reconfiguration asks for; default 3. */
  readonly electionPortTries?: number;
  /** Default: requests are limited one by one only. */
  readonly largeRequests?: LargeRequestLimit | undefined;
  readonly onReport: (sid: Sid, report: Report) => void;
  /** A configuration is in force at some peer. */
  readonly onReconfigured?: (config: EnsembleConfig) => void;
  /** A turn is over: what its events brought about is done. */
  readonly onTurn: () => void;
  /** A step threw, which is our own bug, or a store failed: the peer is stopped as by a crash. */
  readonly onFailure: (sid: Sid, error: unknown) => void;
}

/** A peer that lives elsewhere, such as Apache's. */
export interface OutsidePeer extends PeerAddress {
  readonly sid: Sid;
}

/** A number is reserved on the world's host, 0 is any free one; an address is listened on only while the peer runs. */
export type PortChoice = number | FixedAddress;

/** A host's ports; missing: any free one; of TLS and the AdminServer none. */
export interface HostPorts {
  /** "none": before a configuration gives it one. */
  readonly client?: PortChoice | "none";
  readonly quorum?: PortChoice;
  readonly election?: PortChoice;
  /** What its fellows know it as; missing: the world's host and these ports. */
  readonly address?: PeerAddress;
  readonly secure?: { readonly port: PortChoice; readonly keys: TlsKeys } | undefined;
  readonly admin?:
    | { readonly port: PortChoice; readonly onConnection: (socket: Socket) => void }
    | undefined;
}

/** How many turns `settle` gives to bytes that do not arrive before it goes on without them. */
const settleTurnsMax = 10_000;

/** One ensemble's clock, turn, faults and peers' processes. */
export class World implements Surroundings {
  readonly clock: WorldClock;
  readonly fabric: Fabric;
  readonly turn: Turn;
  readonly shares: Shares;
  readonly wires: Wires;
  readonly dialer: Dialer;
  readonly auth: Authenticator | undefined;
  readonly linkSecurity: LinkSecurity | undefined;
  readonly #options: WorldOptions;
  readonly #ports: PortKeeper;
  readonly #memoryNet: MemoryNet | undefined;
  readonly #hosts = new Map<Sid, PeerHost>();
  readonly #outside = new Map<Sid, OutsidePeer>();
  #keptAlive = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#ports = new PortKeeper(options.host);
    this.clock = new WorldClock(options.clock, {
      settle: () => this.#settle(),
      nextDeadline: () => this.#nextDeadline(),
      touchSessions: () => this.#touchSessions(),
      onCourseChanged: () => this.turn.reschedule(),
    });
    this.fabric = new Fabric(new Prng(options.seed).split("network"));
    this.turn = new Turn(
      {
        wake: (now) => this.#wake(now),
        store: () => this.#each((host) => host.process?.store()),
        flush: () => this.#each((host) => host.process?.flush()),
        over: () => {
          if (!this.turn.intake.isEmpty) this.#touchSessions(({ wire }) => wire.hasWaiting);
          options.onTurn();
        },
        nextDeadline: () => this.#nextDeadline(),
      },
      this.clock,
      options.tickTime,
    );
    this.shares = new Shares(this.turn);
    this.wires = new Wires(this.fabric, this.clock, {
      crash: (end) => this.#crash(end),
      waiting: () => this.turn.enter(),
      intake: this.turn.intake,
    });
    this.dialer = new Dialer(this.fabric, this.clock, options.linkSecurity);
    this.linkSecurity = options.linkSecurity;
    this.auth = options.peerAuth && new Authenticator(options.peerAuth);
    this.#memoryNet = options.peerLinks === "memory" ? new MemoryNet(this) : undefined;
    this.fabric.onShift = () => this.#shift();
  }

  /**
   * A place for a peer to live, with ports reserved for the world's life. Rejects with the system's error, such as EADDRINUSE.
   */
  async addHost(sid: Sid, ports: HostPorts = {}): Promise<PeerHost> {
    const { admin, secure } = ports;
    const [client, quorum, election, adminPort, securePort] = await Promise.all([
      this.#port(ports.client),
      this.#port(ports.quorum),
      this.#port(ports.election),
      admin && this.#port(admin.port),
      secure && this.#port(secure.port),
    ]);
    const { juteMaxBuffer, largeRequests, maxClientCnxns, maxCnxns = 0 } = this.#options;
    const { electionPortTries = 3, muteIntervalMs = 10_000 } = this.#options;
    const { onReport, onFailure } = this.#options;
    const host = new PeerHost({
      sid,
      world: this,
      ports: { client, quorum, election },
      address: ports.address ?? {
        host: this.#ports.address,
        quorumPort: quorum.number,
        electionPort: election.number,
      },
      secure: secure && securePort && { port: securePort, keys: secure.keys },
      admin: admin && adminPort && new SideDoor(adminPort, admin.onConnection),
      memoryNet: this.#memoryNet,
      juteMaxBuffer,
      largeRequests,
      maxClientCnxns,
      maxCnxns,
      muteIntervalMs,
      electionPortTries,
      onReport,
      onFailure,
    });
    this.#hosts.set(sid, host);
    this.wires.ownPorts.add(quorum.number).add(election.number);
    return host;
  }

  host(sid: Sid): PeerHost | undefined {
    return this.#hosts.get(sid);
  }

  /** Stops a peer and forgets it; its ports stay reserved. */
  async removeHost(sid: Sid): Promise<void> {
    await this.#hosts.get(sid)?.stop();
    this.#hosts.delete(sid);
  }

  addOutsidePeer(peer: OutsidePeer): void {
    this.#outside.set(peer.sid, peer);
  }

  /** Peers that live elsewhere are reached where the configuration says. */
  reconfigured(config: EnsembleConfig): void {
    for (const { sid, host, quorumPort, electionPort } of config.members) {
      if (!this.#hosts.has(sid)) this.addOutsidePeer({ sid, host, quorumPort, electionPort });
    }
    this.#options.onReconfigured?.(config);
  }

  /** Breaks every open connection on a matching link; how many. */
  resetConnections(patterns: readonly LinkPattern[]): number {
    return this.wires.reset(patterns) + (this.#memoryNet?.reset(patterns) ?? 0);
  }

  /** Keeps the process alive until the function returned is called; an idle world does not. */
  keepAlive(): () => void {
    this.#keptAlive += 1;
    this.#ports.keepProcessAlive(true);
    let kept = true;
    return () => {
      if (!kept) return;
      kept = false;
      this.#keptAlive -= 1;
      if (this.#keptAlive === 0) this.#ports.keepProcessAlive(false);
    };
  }

  /** Leaves nothing: no socket, timer or server. */
  async close(): Promise<void> {
    this.fabric.onShift = () => {};
    await Promise.all([...this.#hosts.values()].map((host) => host.stop()));
    this.turn.close();
    this.dialer.close();
    this.wires.destroyAll();
    await this.#ports.close();
  }

  // ------------------------------------------------------------------ for the hosts

  addressOf(sid: Sid): PeerAddress | undefined {
    return this.#hosts.get(sid)?.address ?? this.#outside.get(sid);
  }

  async addressToBind(host: string): Promise<string | undefined> {
    const { address } = this.#ports;
    return host === this.#options.host && address !== "" ? address : await addressToBind(host);
  }

  isOurs(sid: Sid): boolean {
    return this.#hosts.has(sid);
  }

  // ------------------------------------------------------------------ the turn and the clock

  #wake(now: number): void {
    this.wires.pump(now);
    this.dialer.pump(now);
    this.#memoryNet?.pump(now);
    this.#each((host) => host.wake(now));
  }

  #nextDeadline(): number {
    let deadline = Math.min(this.wires.dueAt(), this.dialer.dueAt());
    if (this.#memoryNet !== undefined) deadline = Math.min(deadline, this.#memoryNet.dueAt());
    for (const host of this.#hosts.values()) {
      deadline = Math.min(deadline, host.dueAt);
    }
    return deadline;
  }

  /** Turn after turn, until nothing is left to do and no byte between peers is under way. */
  async #settle(): Promise<void> {
    const release = this.keepAlive();
    this.turn.enter();
    for (let turns = 0; turns < settleTurnsMax; turns += 1) {
      await new Promise(setImmediate);
      if (!this.#isBusy()) break;
    }
    release();
  }

  #isBusy(): boolean {
    if (!this.turn.isOver || this.dialer.isBusy || this.wires.areUnderWay) return true;
    return [...this.#hosts.values()].some((host) => host.isBusy);
  }

  /** A session counts as having pinged when its client's way to whoever lets it expire is whole: before a third of its timeout is over. */
  #touchSessions(isAlive: (socket: ClientSocket) => boolean = () => true): void {
    const now = this.clock.now();
    for (const host of this.#hosts.values()) {
      if (host.state !== "running" || host.process === undefined) continue;
      const leader = this.#leaderOf(host);
      const local = host.peer?.clients.local;
      const { sockets } = host.process.clients;
      for (const socket of sockets.values()) {
        const { session } = socket;
        if (session === undefined || socket.isFrozen || !isAlive(socket)) continue;
        const keeper = local?.has(session) ? host : leader;
        if (keeper === undefined) continue;
        if (now - socket.touchedAt < socket.timeout / 3 - this.#options.tickTime) continue;
        if (!this.#isClear("client", host.sid)) continue;
        socket.touchedAt = now;
        keeper.command({ type: "touch", session });
      }
    }
  }

  #leaderOf(host: PeerHost): PeerHost | undefined {
    const sid = host.peer?.serving === true ? host.peer.leader : undefined;
    const leader = sid === undefined ? undefined : this.#hosts.get(sid);
    if (sid === undefined || leader?.state !== "running") return undefined;
    return leader === host || this.#isClear(host.sid, sid) ? leader : undefined;
  }

  #isClear(from: Endpoint, to: Endpoint): boolean {
    const channel = from === "client" ? "client" : "quorum";
    return (
      this.fabric.idle ||
      (!this.fabric.isBlocked({ from, to, channel }) &&
        !this.fabric.isBlocked({ from: to, to: from, channel }))
    );
  }

  // ------------------------------------------------------------------ faults

  #shift(): void {
    this.wires.shift();
    this.dialer.shift();
    this.#memoryNet?.shift();
    this.#each((host) => host.process?.clients.shift());
    this.turn.reschedule();
  }

  async #port(choice: PortChoice | "none" = 0): Promise<Port> {
    if (choice === "none") return Port.nowhere();
    return typeof choice === "number" ? await this.#ports.reserve(choice) : new Port(choice);
  }

  #crash(end: Endpoint): void {
    if (end !== "client") this.#hosts.get(end)?.kill();
  }

  #each(act: (host: PeerHost) => void): void {
    for (const host of this.#hosts.values()) act(host);
  }
}
