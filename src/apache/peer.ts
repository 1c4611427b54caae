import type { Channel } from "../core/network/link.ts";
import type { Peer, PeerStatus } from "../ensemble/api.ts";
import type { Ms, PeerId, Role, WaitOptions } from "../ensemble/api-controls.ts";
import type { PeerVerbs, Restart } from "../ensemble/engine.ts";
import type { Gates } from "./gates.ts";
import type { Seat } from "./seat.ts";
import type { Standings } from "./standings.ts";

export interface ApachePeerOptions {
  readonly seat: Seat;
  readonly gates: Gates;
  readonly standings: Standings;
  /** The address that clients' ports are bound to, and the name they know it by. */
  readonly host: string;
  readonly advertisedHost: string;
  readonly timeouts: { readonly start: Ms; readonly close: Ms };
}

/** One of Apache's servers. */
export class ApachePeer implements PeerVerbs {
  readonly id: PeerId;
  readonly type: "participant" | "observer";
  readonly host: string;
  readonly boundHost: string;
  readonly ports: Peer["ports"];
  readonly dataDir: string;
  readonly #seat: Seat;
  readonly #options: ApachePeerOptions;

  constructor(options: ApachePeerOptions) {
    const { seat } = options;
    this.#seat = seat;
    this.#options = options;
    this.id = seat.id;
    this.type = seat.type;
    this.host = options.advertisedHost;
    this.boundHost = options.host;
    const { quorum, election, admin } = seat.ports;
    const client = seat.clientPort;
    this.ports = { client, quorum, election, ...(admin !== undefined && { admin }) };
    this.dataDir = seat.process.plan.dir;
  }

  get state(): PeerVerbs["state"] {
    return this.#seat.state;
  }

  get role(): Role {
    return this.#seat.role;
  }

  async askRole(): Promise<Role> {
    await this.#seat.look();
    return this.#seat.role;
  }

  async status(): Promise<PeerStatus> {
    const leader = await this.#options.standings.leaderNow();
    return await this.#seat.status(leader?.id);
  }

  async start(): Promise<void> {
    await this.#seat.start();
    await this.#ready();
  }

  stop(): Promise<void> {
    return this.#seat.stop(this.#options.timeouts.close);
  }

  async kill(): Promise<void> {
    await this.#seat.kill();
  }

  pause(): void {
    this.#seat.pause();
  }

  resume(): void {
    this.#seat.resume();
  }

  async restart(how: Restart): Promise<void> {
    await this.#seat.restart({ ...how, timeout: this.#options.timeouts.close });
    await this.#ready();
  }

  untilRole(role: Role, options: WaitOptions | undefined): Promise<void> {
    return this.#options.standings.role(this.#seat, role, options);
  }

  dropConnections(kinds: { readonly clients: boolean; readonly peers: boolean }): number {
    const channels: Channel[] = kinds.peers ? ["quorum", "election"] : [];
    if (kinds.clients) channels.push("client");
    const near = [this.#seat.id];
    return this.#options.gates.reset(
      channels.map((channel) => ({ from: near, channel, bothWays: true })),
    );
  }

  async #ready(): Promise<void> {
    await this.#options.standings.ready([this.#seat], this.#options.timeouts.start);
  }
}
