import type { ClientOptions, ZooKeeperClient } from "../client/index.ts";
import type { ControlServer } from "../control/server.ts";
import type { World } from "../runtime/world.ts";
import type {
  Ensemble,
  EnsembleStatus,
  EnsembleTls,
  Namespace,
  Peer,
  PeerOptions,
  Snapshot,
  TreeLiteral,
} from "./api.ts";
import type {
  Clock,
  Events,
  Fault,
  Feature,
  Network,
  PeerId,
  SessionMatch,
  Sessions,
  Storage,
  Target,
  WaitOptions,
} from "./api-controls.ts";
import type { Nemesis } from "./api-nemesis.ts";
import type { TransactionLog } from "./api-transactions.ts";
import type { Calls } from "./calls.ts";
import type { Certificates } from "./certificates.ts";
import type { Clients } from "./clients.ts";
import type { Content } from "./content.ts";
import { asyncDispose } from "./disposal.ts";
import type { Enrolment } from "./enrolment.ts";
import type { Faults } from "./faults.ts";
import { hasFeature } from "./features.ts";
import { Given } from "./given.ts";
import { createNamespace, namespacePath } from "./namespace.ts";
import { NemesisControl } from "./nemesis/nemesis.ts";
import { sleep } from "./nemesis/run.ts";
import type { IsolateOptions, NetworkControl } from "./network.ts";
import { noHeir } from "./no-heir.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Restoration } from "./restoration.ts";
import type { Roster } from "./roster.ts";
import type { Seat } from "./seat.ts";
import type { Standings } from "./standings.ts";
import { noSuchPeer } from "./targets.ts";
import { readTransactions } from "./transactions.ts";

const features: readonly Feature[] = [
  "clock",
  "session-control",
  "message-match",
  "storage-faults",
  "snapshot",
  "transactions",
];

/** What an ensemble is made of; see `assembly.ts`. */
export interface EnsembleParts {
  readonly id: string;
  readonly options: ResolvedOptions;
  readonly world: World;
  readonly enrolment: Enrolment;
  readonly roster: Roster;
  readonly calls: Calls;
  readonly faults: Faults;
  readonly standings: Standings;
  readonly network: NetworkControl;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly events: Events;
  readonly storage: Storage;
  readonly clients: Clients;
  readonly content: Content;
  readonly restoration: Restoration;
  /** Frees everything, once. */
  readonly close: () => Promise<void>;
  readonly certificates: Certificates | undefined;
  readonly control: ControlServer | undefined;
}

/** An ensemble in this process: each verb checks what it was given, acts on seats, links and sessions, and waits. */
class EmbeddedEnsemble implements Ensemble {
  readonly id: string;
  readonly seed: string;
  readonly engine = "embedded";
  readonly controlUrl: string | undefined;
  readonly controlToken: string | undefined;
  readonly network: Network;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly storage: Storage;
  readonly events: Events;
  readonly nemesis: Nemesis;
  readonly tls: EnsembleTls | undefined;
  readonly #parts: EnsembleParts;
  #namespaces = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: EnsembleParts) {
    this.id = parts.id;
    this.seed = parts.options.seed;
    this.network = parts.network;
    this.clock = parts.clock;
    this.sessions = parts.sessions;
    this.events = parts.events;
    this.storage = parts.storage;
    this.#parts = parts;
    this.nemesis = nemesisOf(this, parts);
    this.tls = tlsOf(parts);
    this.controlUrl = parts.control?.url;
    this.controlToken = parts.control?.token;
  }

  get peers(): readonly Peer[] {
    return this.#parts.enrolment.peers;
  }

  get connectString(): string {
    return this.peers.map((peer) => peer.address).join(",");
  }

  supports(feature: Feature): boolean {
    if (feature === "reconfig") return this.#parts.enrolment.isAllowed;
    return hasFeature(features, feature);
  }

  // ------------------------------------------------------------------ who is who

  peer(id: PeerId): Peer {
    const peer = this.peers.find((candidate) => candidate.id === id);
    if (peer === undefined) throw noSuchPeer(id, this.#parts.roster.sids);
    return peer;
  }

  leader(options?: WaitOptions): Promise<Peer> {
    return this.waitForLeader(options);
  }

  followers(): Promise<Peer[]> {
    return this.#run(() =>
      this.peers.filter((_, index) => this.#seats[index]?.role === "follower"),
    );
  }

  observers(): Promise<Peer[]> {
    return this.#run(() =>
      this.peers.filter((_, index) => this.#seats[index]?.role === "observer"),
    );
  }

  status(): Promise<EnsembleStatus> {
    return this.#run(() => this.#parts.roster.status());
  }

  // ------------------------------------------------------------------ life

  start(): Promise<void> {
    return this.#run(() => this.#start());
  }

  stop(): Promise<void> {
    return this.#run(() => this.#stop());
  }

  restart(options: { rolling?: boolean } = {}): Promise<void> {
    return this.#run(async () => {
      const given = new Given("", options, { names: ["rolling"] });
      if (given.flag("rolling", false)) return this.#roll();
      await this.#stop();
      await this.#start();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#parts.close();
    return this.#closing;
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  // ------------------------------------------------------------------ faults

  killLeader(
    options: WaitOptions & { waitForNew?: boolean } = {},
  ): Promise<{ killed: Peer; leader: Peer | undefined }> {
    return this.#run(async () => {
      const { roster, standings } = this.#parts;
      const names = ["waitForNew", "timeout", "signal"];
      const waitForNew = new Given("", options, { names }).flag("waitForNew", true);
      const { waitForNew: _, ...wait } = options;
      const victim = await standings.leader(wait);
      const heirs = roster.seats.filter((seat) => {
        return seat.votes && seat.peer !== undefined && seat !== victim;
      });
      if (waitForNew && !roster.isQuorum(heirs.map((seat) => seat.id))) {
        throw noHeir(
          victim.id,
          roster.seats.some((seat) => seat.votes && seat.peer === undefined),
        );
      }
      victim.kill();
      const killed = this.peer(victim.id);
      if (!waitForNew) return { killed, leader: undefined };
      const next = await standings.leader({ ...wait, not: victim.id });
      return { killed, leader: this.peer(next.id) };
    });
  }

  kill(target: Target): Promise<Peer[]> {
    return this.#run(() => {
      const killed = this.#parts.roster.resolve(target).filter((seat) => seat.kill());
      return killed.map((seat) => this.peer(seat.id));
    });
  }

  partition(...sides: readonly Target[]): Promise<Fault> {
    return this.#parts.network.partition(sides);
  }

  isolate(target: Target, options: IsolateOptions = {}): Promise<Fault> {
    return this.#parts.network.isolate(target, options);
  }

  heal(): Promise<void> {
    return this.#run(() => this.#parts.faults.heal());
  }

  // ------------------------------------------------------------------ waits

  waitForLeader(options?: WaitOptions & { not?: PeerId }): Promise<Peer> {
    return this.#run(async () => this.peer((await this.#parts.standings.leader(options)).id));
  }

  waitForNoLeader(options?: WaitOptions): Promise<void> {
    return this.#run(() => this.#parts.standings.noLeader(options));
  }

  waitForQuorum(options?: WaitOptions): Promise<void> {
    return this.#run(() => this.#parts.standings.quorum(options));
  }

  waitForConverged(options?: WaitOptions): Promise<{ zxid: bigint }> {
    return this.#run(() => this.#parts.standings.converged(options));
  }

  waitForSessionGone(match: SessionMatch, options?: WaitOptions): Promise<void> {
    return this.#run(() => this.#parts.standings.sessionGone(match, options));
  }

  waitFor(what: string, check: () => unknown, options?: WaitOptions): Promise<void> {
    return this.#run(() => this.#parts.standings.condition(what, check, options));
  }

  // ------------------------------------------------------------------ content

  connect(options: ClientOptions = {}): Promise<ZooKeeperClient> {
    return this.#run(() => this.#parts.clients.connect(options));
  }

  dump(path = "/"): Promise<TreeLiteral> {
    return this.#run(() => this.#parts.content.dump(path));
  }

  seedTree(tree: TreeLiteral, path = "/"): Promise<void> {
    return this.#run(() => this.#parts.content.seed(tree, path));
  }

  namespace(name?: string): Promise<Namespace> {
    return this.#run(async () => {
      this.#namespaces += 1;
      const path = namespacePath(name, this.#namespaces);
      const { content, calls } = this.#parts;
      await content.seed({ "": "" }, path);
      return createNamespace({
        path,
        ensemble: this,
        clear: (below, options) =>
          calls.run(async () => void (await content.clear(below, options))),
      });
    });
  }

  reset(
    options: { faults?: boolean; peers?: boolean; sessions?: boolean; data?: boolean } = {},
  ): Promise<void> {
    return this.#run(async () => {
      const given = new Given("", options, { names: ["faults", "peers", "sessions", "data"] });
      const [faults, peers] = [given.flag("faults", true), given.flag("peers", true)];
      const [sessions, data] = [given.flag("sessions", true), given.flag("data", true)];
      if (faults) this.#parts.faults.heal();
      if (peers) {
        for (const seat of this.#seats) if (seat.state === "paused") seat.resume();
        if (this.#seats.some((seat) => seat.peer === undefined)) await this.#start();
      }
      if (sessions) await this.sessions.expireAll();
      const { content, standings } = this.#parts;
      const hasWritten = data && (await content.clear("/", { self: false }));
      // Who is cut off from its leader and has not noticed is as it was, and shows only beside a write.
      if (peers && !hasWritten) await standings.quorum(undefined);
      await standings.converged(undefined);
    });
  }

  snapshot(): Promise<Snapshot> {
    return this.#run(() => this.#parts.restoration.take());
  }

  restore(snapshot: Snapshot): Promise<void> {
    return this.#run(() => this.#parts.restoration.restore(snapshot));
  }

  transactions(): Promise<TransactionLog> {
    return this.#run(async () => {
      for (;;) {
        const leader = await this.#parts.standings.leader(undefined);
        const others = this.#seats.filter((seat) => seat.serving && seat !== leader);
        const log = await readTransactions(leader, others);
        if (log !== undefined) return log;
      }
    });
  }

  addPeer(options: PeerOptions = {}): Promise<Peer> {
    return this.#run(() => this.#parts.enrolment.add(options));
  }

  removePeer(id: PeerId): Promise<void> {
    return this.#run(() => this.#parts.enrolment.remove(id));
  }

  // ------------------------------------------------------------------ steps

  get #seats(): readonly Seat[] {
    return this.#parts.roster.seats;
  }

  async #start(): Promise<void> {
    const { standings, options, world } = this.#parts;
    const seats = this.#seats.filter((seat) => seat.state !== "paused");
    // Elections need some time of their own, so a boot runs in real time whatever the clock (ruling 17).
    if (seats.some((seat) => seat.peer === undefined)) world.clock.mode = "real";
    try {
      await Promise.all(seats.map((seat) => seat.start()));
      await standings.ready(seats, { timeout: options.timeouts.start, code: "ZKMS_START_TIMEOUT" });
    } finally {
      world.clock.mode = options.clock;
    }
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.stop()));
  }

  /** One peer after the other, the leader of the moment last. */
  async #roll(): Promise<void> {
    const { roster, standings } = this.#parts;
    const leader = await standings.leader(undefined);
    const others = roster.seats.filter((seat) => seat !== leader);
    for (const seat of [...others, leader]) {
      await seat.stop();
      await this.peer(seat.id).start();
    }
    await standings.quorum(undefined);
  }

  #run<T>(action: () => T | Promise<T>): Promise<T> {
    return this.#parts.calls.run(action);
  }
}

function nemesisOf(ensemble: Ensemble, { roster, calls, world }: EnsembleParts): Nemesis {
  const { clock } = world;
  return new NemesisControl({
    ensemble,
    calls,
    field: () => roster.field(),
    pass: (ms, signal) =>
      clock.mode === "manual" ? clock.advance(ms, { keepAlive: "connected" }) : sleep(ms, signal),
  });
}

function tlsOf({
  certificates,
  enrolment,
  calls,
  options: { advertisedHost: host },
}: EnsembleParts): EnsembleTls | undefined {
  if (certificates === undefined) return undefined;
  return {
    get connectString(): string {
      const name = host.includes(":") ? `[${host}]` : host;
      return enrolment.peers.map(({ ports }) => `${name}:${ports.secure}`).join(",");
    },
    ca: certificates.keys.ca ?? "",
    issue: (commonName) => calls.run(() => certificates.issue(commonName)),
  };
}

export const createEnsemble = (parts: EnsembleParts): Ensemble => new EmbeddedEnsemble(parts);
