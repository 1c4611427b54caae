import type { ClientOptions, ZooKeeperClient } from "../client/index.ts";
import type { ControlServer } from "../control/server.ts";
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
import type { Clients } from "./clients.ts";
import { asyncDispose } from "./disposal.ts";
import type { ContentVerbs, Engine, StandingVerbs } from "./engine.ts";
import { ZkmsError } from "./errors.ts";
import type { Faults } from "./faults.ts";
import { hasFeature } from "./features.ts";
import { Given } from "./given.ts";
import { createNamespace, namespacePath } from "./namespace.ts";
import { NemesisControl } from "./nemesis/nemesis.ts";
import type { IsolateOptions, NetworkControl } from "./network.ts";
import { noSuchPeer } from "./targets.ts";

/** What an ensemble is made of, on either engine: see `assembly.ts` and `apache/start.ts`. */
export interface EnsembleParts {
  readonly id: string;
  readonly seed: string;
  readonly engine: Engine;
  readonly calls: Calls;
  readonly faults: Faults;
  readonly standings: StandingVerbs;
  readonly network: NetworkControl;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly events: Events;
  readonly storage: Storage;
  readonly clients: Clients;
  readonly content: ContentVerbs;
  readonly tls: EnsembleTls | undefined;
  readonly control: ControlServer | undefined;
}

/** An ensemble as users hold it: each verb checks what it was given, has the engine or another part do it, and waits. */
class EnsembleHandle implements Ensemble {
  readonly id: string;
  readonly seed: string;
  readonly engine: "embedded" | "apache";
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
    const { engine, calls } = parts;
    this.id = parts.id;
    this.seed = parts.seed;
    this.engine = engine.name;
    this.network = parts.network;
    this.clock = parts.clock;
    this.sessions = parts.sessions;
    this.events = parts.events;
    this.storage = parts.storage;
    this.tls = parts.tls;
    this.controlUrl = parts.control?.url;
    this.controlToken = parts.control?.token;
    this.#parts = parts;
    this.nemesis = new NemesisControl({
      ensemble: this,
      calls,
      field: () => engine.field(),
      pass: (ms, signal) => engine.pass(ms, signal),
    });
  }

  get peers(): readonly Peer[] {
    return this.#engine.peers;
  }

  get connectString(): string {
    return this.peers.map((peer) => peer.address).join(",");
  }

  supports(feature: Feature): boolean {
    return hasFeature(this.#engine.features, feature);
  }

  // ------------------------------------------------------------------ who is who

  peer(id: PeerId): Peer {
    const peer = this.peers.find((candidate) => candidate.id === id);
    if (peer !== undefined) return peer;
    throw noSuchPeer(
      id,
      this.peers.map((candidate) => candidate.id),
    );
  }

  leader(options?: WaitOptions): Promise<Peer> {
    return this.waitForLeader(options);
  }

  followers(): Promise<Peer[]> {
    return this.#run(async () => this.#peersOf(await this.#engine.inRole("follower")));
  }

  observers(): Promise<Peer[]> {
    return this.#run(async () => this.#peersOf(await this.#engine.inRole("observer")));
  }

  status(): Promise<EnsembleStatus> {
    return this.#run(() => this.#engine.status());
  }

  // ------------------------------------------------------------------ life

  start(): Promise<void> {
    return this.#run(() => this.#engine.start());
  }

  stop(): Promise<void> {
    return this.#run(() => this.#engine.stop());
  }

  restart(options: { rolling?: boolean } = {}): Promise<void> {
    return this.#run(async () => {
      const given = new Given("", options, { names: ["rolling"] });
      if (given.flag("rolling", false)) return this.#roll();
      await this.#engine.stop();
      await this.#engine.start();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#engine.close();
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
      const names = ["waitForNew", "timeout", "signal"];
      const waitForNew = new Given("", options, { names }).flag("waitForNew", true);
      const { waitForNew: _, ...wait } = options;
      const { standings } = this.#parts;
      const { id } = await standings.leader(wait);
      if (waitForNew) this.#mustHaveHeir(id);
      const killed = this.peer(id);
      await killed.kill();
      if (!waitForNew) return { killed, leader: undefined };
      const next = await standings.leader({ ...wait, not: id });
      return { killed, leader: this.peer(next.id) };
    });
  }

  kill(target: Target): Promise<Peer[]> {
    return this.#run(async () => this.#peersOf(await this.#engine.kill(target)));
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
    return this.#run(() => this.#engine.sessionGone(match, options));
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
      const { content } = this.#parts;
      await content.seed({ "": "" }, path);
      return createNamespace({
        path,
        ensemble: this,
        clear: (below, options) =>
          this.#run(async () => void (await content.clear(below, options))),
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
      if (peers) this.#engine.resume();
      const mustStart = peers && !(await this.#engine.areAllServing());
      if (mustStart) await this.#engine.start();
      if (sessions) await this.sessions.expireAll();
      const { content, standings } = this.#parts;
      const hasWritten = data && (await content.clear("/", { self: false }));
      // Who is cut off from its leader and has not noticed serves still, and shows only beside a write, as a start makes one.
      if (peers && !mustStart && !hasWritten) await standings.quorum(undefined);
      await standings.converged(undefined);
    });
  }

  snapshot(): Promise<Snapshot> {
    return this.#run(() => this.#engine.snapshot());
  }

  restore(snapshot: Snapshot): Promise<void> {
    return this.#run(() => this.#engine.restore(snapshot));
  }

  transactions(): Promise<TransactionLog> {
    return this.#run(() => this.#engine.transactions());
  }

  addPeer(options: PeerOptions = {}): Promise<Peer> {
    return this.#run(() => this.#engine.addPeer(options));
  }

  removePeer(id: PeerId): Promise<void> {
    return this.#run(() => this.#engine.removePeer(id));
  }

  // ------------------------------------------------------------------ steps

  get #engine(): Engine {
    return this.#parts.engine;
  }

  #peersOf(ids: readonly PeerId[]): Peer[] {
    return this.peers.filter((peer) => ids.includes(peer.id));
  }

  /** One peer after the other, the leader of the moment last; each is looked up when it is its turn, for it may be gone. */
  async #roll(): Promise<void> {
    const { standings } = this.#parts;
    const { id } = await standings.leader(undefined);
    const others = this.peers.map((peer) => peer.id).filter((other) => other !== id);
    for (const next of [...others, id]) await this.peer(next).restart();
    await standings.quorum(undefined);
  }

  /** Throws where nobody can lead after this one. */
  #mustHaveHeir(leader: PeerId): void {
    const { voters, isQuorum } = this.#engine.field();
    const able = this.#engine.electable();
    if (isQuorum(voters.filter((id) => id !== leader && able.includes(id)))) return;
    const withoutWaiting = "ensemble.killLeader({ waitForNew: false })";
    throw new ZkmsError("ZKMS_BAD_STATE", `nobody can lead after ${leader}: no quorum is left`, {
      hint: voters.some((id) => !able.includes(id))
        ? `ensemble.start() first, or ${withoutWaiting}`
        : withoutWaiting,
    });
  }

  #run<T>(action: () => T | Promise<T>): Promise<T> {
    return this.#parts.calls.run(action);
  }
}

export const createEnsemble = (parts: EnsembleParts): Ensemble => new EnsembleHandle(parts);
