import { formatHostPort } from "../core/base/host-port.ts";
import {
  type ClientAddress,
  clientAddressOf,
  isSameHost,
  type Member,
} from "../core/quorum/config.ts";
import type { Report } from "../core/server/effects.ts";
import { PortError } from "./port-error.ts";
import type { Port } from "./ports.ts";
import type { PeerAddress, Surroundings } from "./surroundings.ts";

/** A port that somebody else has is tried again after so long (QuorumCnxManager.Listener). */
const bindAgainMs = 1000;

const isSamePlace = (to: ClientAddress, from: ClientAddress | undefined): boolean =>
  from?.port === to.port && isSameHost(from.host, to.host);

const callers = { client: "clients", quorum: "learners", election: "votes" } as const;

export interface PlacePorts {
  readonly client: Port;
  readonly quorum: Port;
  readonly election: Port;
}

export interface PeerPlaceOptions {
  readonly world: Surroundings;
  readonly ports: PlacePorts;
  /** Where its fellows find it at first. */
  readonly address: PeerAddress;
  /** How often an election port is tried. */
  readonly electionPortTries: number;
  readonly onReport: (report: Report) => void;
  /** The peer cannot go on without what it cannot have. */
  readonly onFailure: (error: PortError) => void;
}

/**
 * Where one peer listens. It moves as the configurations in force say (QuorumPeer.processReconfig), at once where it runs, else
 * before its next life: an address that the peer's own line changes is given up, the one that takes its place is listened on,
 * connections that were made stay.
 */
export class PeerPlace {
  readonly ports: PlacePorts;
  readonly #options: PeerPlaceOptions;
  /** It listens to its fellows on every address, whatever they know. */
  readonly #listensEverywhere: boolean;
  #address: PeerAddress;
  /** The peer's own line, as followed last. */
  #member: Member | undefined;
  #moves: Promise<void> = Promise.resolve();
  #moving = 0;
  #triesLeft = 0;
  #tryAgainAt = Infinity;
  /** What is tried again then. */
  readonly #awaited = new Set<"quorum" | "election">();
  /** About the quorum port, last. */
  #told: string | undefined;

  constructor(options: PeerPlaceOptions) {
    this.ports = options.ports;
    this.#options = options;
    this.#address = options.address;
    this.#listensEverywhere = options.ports.quorum.host === undefined;
  }

  /** Where its fellows find it. */
  get address(): PeerAddress {
    return this.#address;
  }

  /** Sockets are being opened. */
  get isMoving(): boolean {
    return this.#moving > 0;
  }

  /** When ports that could not be had are tried again. */
  get dueAt(): number {
    return this.#tryAgainAt;
  }

  /** For a peer that is down: its next life begins where this line says. */
  async settle(member: Member | undefined): Promise<void> {
    if (member !== undefined) this.follow(member);
    for (const port of Object.values(this.ports)) {
      if (port.isLost) this.#run(() => port.move({ host: port.host, port: port.number }));
    }
    await this.#moves;
  }

  /** The peer's own line in the configuration in force, where it is so already. */
  know(member: Member | undefined): void {
    this.#member = member ?? this.#member;
  }

  /** A line is in force, perhaps another one. */
  follow(to: Member): void {
    const from = this.#member ?? to;
    this.#member = to;
    const client = clientAddressOf(to);
    if (client !== undefined && !isSamePlace(client, clientAddressOf(from))) {
      this.#run(() => this.#moveClient(client));
    }
    const isElsewhere = !isSameHost(from.host, to.host);
    if (isElsewhere || from.electionPort !== to.electionPort) {
      this.#triesLeft = this.#options.electionPortTries;
      this.#run(() => this.#moveElection(to));
    }
    if (isElsewhere || from.quorumPort !== to.quorumPort) {
      this.#run(() => this.#moveQuorum(to));
    }
  }

  wake(now: number): void {
    if (this.#tryAgainAt > now) return;
    this.#tryAgainAt = Infinity;
    const member = this.#member;
    if (member === undefined) return;
    if (this.#awaited.delete("election")) this.#run(() => this.#moveElection(member));
    if (this.#awaited.delete("quorum")) this.#run(() => this.#moveQuorum(member));
  }

  /** A leader that learners cannot reach tries again (Leader's constructor). */
  beginsToLead(): void {
    const member = this.#member;
    if (this.ports.quorum.isLost && member !== undefined) this.#run(() => this.#moveQuorum(member));
  }

  /** The process is over. */
  rest(): void {
    this.#tryAgainAt = Infinity;
    this.#awaited.clear();
  }

  // ------------------------------------------------------------------

  /** One after the other; none rejects. */
  #run(move: () => Promise<void>): void {
    this.#moving += 1;
    this.#moves = this.#moves.then(move).finally(() => {
      this.#moving -= 1;
    });
  }

  async #moveClient({ host, port }: ClientAddress): Promise<void> {
    const error = await this.#move("client", { host, port });
    if (error !== undefined)
      this.#tell(`${error.message}: it listens for none, and keeps those it has`);
  }

  async #moveQuorum({ host, quorumPort }: Member): Promise<void> {
    this.#options.world.wires.ownPorts.add(quorumPort);
    const error = await this.#move("quorum", { host, port: quorumPort });
    this.#address = { ...this.#address, host, quorumPort };
    if (error !== undefined && error.message !== this.#told) {
      this.#tell(`${error.message}: it cannot lead before it can`);
    }
    this.#told = error?.message;
    if (error !== undefined) this.#tryAgain("quorum");
  }

  async #moveElection({ host, electionPort }: Member): Promise<void> {
    this.#options.world.wires.ownPorts.add(electionPort);
    const error = await this.#move("election", { host, port: electionPort });
    this.#address = { ...this.#address, host, electionPort };
    if (error === undefined) return;
    this.#triesLeft -= 1;
    if (this.#triesLeft === 0) return this.#options.onFailure(error);
    this.#tell(`${error.message}: it tries again`);
    this.#tryAgain("election");
  }

  #tryAgain(which: "quorum" | "election"): void {
    const { clock, turn } = this.#options.world;
    this.#awaited.add(which);
    this.#tryAgainAt = clock.now() + bindAgainMs;
    turn.reschedule();
  }

  async #move(
    which: keyof PlacePorts,
    { host, port }: ClientAddress,
  ): Promise<PortError | undefined> {
    const isFixed = which !== "client" && this.#listensEverywhere;
    try {
      await this.ports[which].move({
        host: isFixed ? undefined : await this.#options.world.addressToBind(host),
        port,
      });
      return undefined;
    } catch (error) {
      const where = formatHostPort(host, port);
      return new PortError(callers[which], where, error);
    }
  }

  #tell(text: string): void {
    this.#options.onReport({ type: "log", level: "error", text });
  }
}
