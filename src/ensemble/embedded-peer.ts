import type { Peer, PeerStatus } from "./api.ts";
import type { Ms, PeerId, Role, WaitOptions } from "./api-controls.ts";
import type { PeerVerbs, Restart } from "./engine.ts";
import type { Seat } from "./seat.ts";
import type { Standings } from "./standings.ts";

export interface EmbeddedPeerOptions {
  readonly seat: Seat;
  /** The host name for clients. */
  readonly advertisedHost: string;
  /** The address that is bound. */
  readonly host: string;
  readonly standings: Standings;
  readonly startTimeout: Ms;
}

/** A peer in this process. */
export class EmbeddedPeer implements PeerVerbs {
  readonly #seat: Seat;
  readonly #options: EmbeddedPeerOptions;

  constructor(options: EmbeddedPeerOptions) {
    this.#seat = options.seat;
    this.#options = options;
  }

  get id(): PeerId {
    return this.#seat.id;
  }

  get type(): "participant" | "observer" {
    return this.#seat.votes ? "participant" : "observer";
  }

  get host(): string {
    return this.#seat.host.clientHost ?? this.#options.advertisedHost;
  }

  get boundHost(): string {
    return this.#seat.host.clientHost ?? this.#options.host;
  }

  get ports(): Peer["ports"] {
    const { admin, secure, ...ports } = this.#seat.host.ports;
    return {
      ...ports,
      ...(admin !== undefined && { admin }),
      ...(secure !== undefined && { secure }),
    };
  }

  get dataDir(): string | undefined {
    return this.#seat.storage.dataDir;
  }

  get state(): PeerVerbs["state"] {
    return this.#seat.state;
  }

  get role(): Role {
    return this.#seat.role;
  }

  askRole(): Role {
    return this.#seat.role;
  }

  status(): PeerStatus {
    return this.#seat.status();
  }

  async start(): Promise<void> {
    await this.#seat.start();
    await this.#ready();
  }

  stop(): Promise<void> {
    return this.#seat.stop();
  }

  kill(): void {
    this.#seat.kill();
  }

  pause(): void {
    this.#seat.pause();
  }

  resume(): void {
    this.#seat.resume();
  }

  async restart(how: Restart): Promise<void> {
    await this.#seat.restart(how);
    await this.#ready();
  }

  untilRole(role: Role, options: WaitOptions | undefined): Promise<void> {
    return this.#options.standings.role(this.#seat, role, options);
  }

  dropConnections(kinds: { readonly clients: boolean; readonly peers: boolean }): number {
    return this.#seat.host.dropConnections(kinds);
  }

  async #ready(): Promise<void> {
    const { standings, startTimeout } = this.#options;
    await standings.ready([this.#seat], { timeout: startTimeout, code: "ZKMS_START_TIMEOUT" });
  }
}
