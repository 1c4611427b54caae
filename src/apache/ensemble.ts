import { connectClient } from "../client/client.ts";
import type { ClientOptions, ZooKeeperClient } from "../client/index.ts";
import { clientNames } from "../client/options.ts";
import type { ControlServer } from "../control/server.ts";
import type {
  Ensemble,
  EnsembleStatus,
  Namespace,
  Peer,
  Snapshot,
  TreeLiteral,
} from "../ensemble/api.ts";
import type {
  Clock,
  Events,
  Fault,
  Feature,
  Ms,
  Network,
  PeerId,
  SessionMatch,
  Sessions,
  Storage,
  Target,
  WaitOptions,
} from "../ensemble/api-controls.ts";
import type { Nemesis } from "../ensemble/api-nemesis.ts";
import type { Calls } from "../ensemble/calls.ts";
import { ClientContent } from "../ensemble/client-content.ts";
import { asyncDispose } from "../ensemble/disposal.ts";
import type { Faults } from "../ensemble/faults.ts";
import { hasFeature } from "../ensemble/features.ts";
import { Given } from "../ensemble/given.ts";
import { createNamespace, namespacePath } from "../ensemble/namespace.ts";
import type { Field } from "../ensemble/nemesis/draw.ts";
import { NemesisControl } from "../ensemble/nemesis/nemesis.ts";
import { sleep } from "../ensemble/nemesis/run.ts";
import type { IsolateOptions, NetworkControl } from "../ensemble/network.ts";
import { noHeir } from "../ensemble/no-heir.ts";
import type { ResolvedOptions } from "../ensemble/options.ts";
import { describeMatch } from "../ensemble/session-match.ts";
import { unsupported } from "../ensemble/unsupported.ts";

import type { PeerHandle } from "./peer.ts";
import type { Roster } from "./roster.ts";
import type { SessionList } from "./sessions.ts";
import type { Standings } from "./standings.ts";
import type { Address } from "./survey.ts";

export interface ApacheParts {
  readonly id: string;
  readonly options: ResolvedOptions;
  readonly roster: Roster;
  readonly standings: Standings;
  readonly calls: Calls;
  readonly faults: Faults;
  readonly network: NetworkControl;
  readonly sessions: SessionList;
  readonly events: Events;
  readonly peers: readonly PeerHandle[];
  readonly now: () => Ms;
  readonly control: ControlServer | undefined;
  /** Ends the processes and removes their folders, once. */
  readonly close: () => Promise<void>;
}

const onApache = (call: string, hint?: string): Promise<never> =>
  unsupported(`${call} on Apache ZooKeeper`, hint);
const embedded = `engine: "embedded"`;

/** Time and disks are the machine's. */
const noStorage: Storage = {
  fail: () => onApache("storage.fail", embedded),
  slow: () => onApache("storage.slow", embedded),
  fill: () => onApache("storage.fill", embedded),
  corrupt: () => onApache("storage.corrupt", embedded),
  files: () => onApache("storage.files", embedded),
};

/** The same ensemble over processes of Apache ZooKeeper. */
class ApacheEnsemble implements Ensemble {
  readonly id: string;
  readonly seed: string;
  readonly engine = "apache";
  readonly controlUrl: string | undefined;
  readonly controlToken: string | undefined;
  readonly tls: undefined;
  readonly peers: readonly Peer[];
  readonly connectString: string;
  readonly network: Network;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly storage: Storage = noStorage;
  readonly events: Events;
  readonly nemesis: Nemesis;
  readonly #parts: ApacheParts;
  readonly #content: ClientContent;
  readonly #clients = new Set<ZooKeeperClient>();
  #namespaces = 0;
  #closing: Promise<void> | undefined;

  constructor(parts: ApacheParts) {
    const { options, network, sessions, events, peers, calls, now } = parts;
    this.#parts = parts;
    this.id = parts.id;
    this.seed = options.seed;
    this.controlUrl = parts.control?.url;
    this.controlToken = parts.control?.token;
    this.peers = peers;
    this.connectString = peers.map((peer) => peer.address).join(",");
    this.events = events;
    const field = (): Field => parts.roster.field();
    this.nemesis = new NemesisControl({ ensemble: this, calls, field, pass: sleep });
    this.network = network;
    this.sessions = sessions;
    this.#content = new ClientContent(() => this.#connectAsSuper());
    this.clock = {
      now: () => calls.run(now),
      advance: () => onApache("clock.advance", embedded),
      freeze: () => onApache("clock.freeze", embedded),
      skew: () => onApache("clock.skew", embedded),
    };
  }

  supports(feature: Feature): boolean {
    return hasFeature(["session-control"], feature);
  }

  // ------------------------------------------------------------------ who is who

  peer(id: PeerId): Peer {
    const seat = this.#parts.roster.seat(id);
    return this.#parts.peers.find((peer) => peer.seat === seat) as Peer;
  }

  leader(options?: WaitOptions): Promise<Peer> {
    return this.waitForLeader(options);
  }

  followers(): Promise<Peer[]> {
    return this.#inRole("follower");
  }

  observers(): Promise<Peer[]> {
    return this.#inRole("observer");
  }

  status(): Promise<EnsembleStatus> {
    return this.#run(() => this.#parts.roster.status(this.#parts.now()));
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
      if (!given.flag("rolling", false)) {
        await this.#stop();
        return await this.#start();
      }
      const leader = await this.#parts.standings.leader();
      const others = this.#parts.peers.filter((peer) => peer.seat !== leader);
      for (const peer of [...others, this.peer(leader.id)]) await peer.restart();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
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
      const { roster, standings } = this.#parts;
      const { waitForNew: _, ...wait } = options;
      const victim = await standings.leader(wait);
      const heirs = roster.seats.filter((seat) => seat.isUp && seat !== victim);
      if (waitForNew && !roster.isQuorum(heirs)) {
        throw noHeir(
          victim.id,
          roster.seats.some((seat) => !seat.isUp),
        );
      }
      await victim.kill();
      const killed = this.peer(victim.id);
      if (!waitForNew) return { killed, leader: undefined };
      const next = await standings.leader({ ...wait, not: victim.id });
      return { killed, leader: this.peer(next.id) };
    });
  }

  kill(target: Target): Promise<Peer[]> {
    return this.#run(async () => {
      const seats = await this.#parts.roster.resolve(target);
      const killed = await Promise.all(seats.map((seat) => seat.kill()));
      return seats.filter((_, index) => killed[index]).map((seat) => this.peer(seat.id));
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
    return this.#run(async () => {
      const { standings, sessions } = this.#parts;
      await standings.until(options, {
        what: `session ${describeMatch(match)} is not gone`,
        check: async () => ((await sessions.find(match)) === undefined ? true : undefined),
      });
    });
  }

  waitFor(what: string, check: () => unknown, options?: WaitOptions): Promise<void> {
    return this.#run(() => this.#parts.standings.condition(what, check, options));
  }

  // ------------------------------------------------------------------ content

  connect(options: ClientOptions = {}): Promise<ZooKeeperClient> {
    return this.#run(() => this.#connect(options));
  }

  dump(path = "/"): Promise<TreeLiteral> {
    return this.#run(() => this.#content.dump(path));
  }

  seedTree(tree: TreeLiteral, path = "/"): Promise<void> {
    return this.#run(() => this.#content.seed(tree, path));
  }

  namespace(name?: string): Promise<Namespace> {
    return this.#run(async () => {
      this.#namespaces += 1;
      const path = namespacePath(name, this.#namespaces);
      await this.#content.seed({ "": "" }, path);
      return createNamespace({
        path,
        ensemble: this,
        clear: (below, options) => this.#run(() => this.#content.clear(below, options)),
      });
    });
  }

  reset(
    options: { faults?: boolean; peers?: boolean; sessions?: boolean; data?: boolean } = {},
  ): Promise<void> {
    return this.#run(async () => {
      const given = new Given("", options, { names: ["faults", "peers", "sessions", "data"] });
      if (given.flag("faults", true)) this.#parts.faults.heal();
      if (given.flag("peers", true)) {
        for (const seat of this.#parts.roster.seats) seat.resume();
        await this.#start();
      }
      if (given.flag("sessions", true)) await this.sessions.expireAll();
      if (given.flag("data", true)) await this.#content.clear("/", { self: false });
      await this.#parts.standings.converged();
    });
  }

  snapshot(): Promise<Snapshot> {
    return onApache("snapshot", "ensemble.dump()");
  }

  restore(): Promise<void> {
    return onApache("restore", "ensemble.reset() and ensemble.seedTree(tree)");
  }

  transactions(): Promise<never> {
    return onApache("transactions", "check(history), which judges without the log");
  }

  addPeer(): Promise<Peer> {
    return onApache("addPeer", "peers: [{ id: 4, start: false }] at the start");
  }

  removePeer(): Promise<void> {
    return onApache("removePeer", "ensemble.peer(id).stop()");
  }

  // ------------------------------------------------------------------ steps

  async #start(): Promise<void> {
    const { roster, standings, options } = this.#parts;
    const seats = roster.seats.filter((seat) => !seat.isPaused);
    await Promise.all(seats.map((seat) => seat.start()));
    await standings.ready(seats, options.timeouts.start);
  }

  async #stop(): Promise<void> {
    const { roster, options } = this.#parts;
    await Promise.all(roster.seats.map((seat) => seat.stop(options.timeouts.close)));
  }

  async #close(): Promise<void> {
    this.#parts.calls.close();
    // At once: over a link that stands still no client hears an answer to its goodbye.
    const leaving = Promise.allSettled([...this.#clients].map((client) => client.close()));
    await Promise.all([leaving, this.#parts.close()]);
  }

  async #connect(options: ClientOptions): Promise<ZooKeeperClient> {
    const given = new Given("", options, { names: ["to", ...clientNames] });
    if ((given.value("tls") ?? false) !== false)
      throw given.bad("tls", "has no secure port to go to");
    const { to = "all", ...rest } = options;
    const { roster, options: resolved } = this.#parts;
    const { host } = resolved;
    const seats = to === "all" ? roster.seats : await roster.resolve(to);
    return await this.#open(
      seats.map((seat) => ({ host, port: seat.clientPort })),
      rest,
    );
  }

  async #open(servers: readonly Address[], options: ClientOptions): Promise<ZooKeeperClient> {
    const connectTimeout = this.#parts.options.timeouts.wait;
    const client = await connectClient(servers, { ...options, connectTimeout });
    this.#clients.add(client);
    client.onState((state) => {
      if (state === "closed" || state === "expired" || state === "authFailed")
        this.#clients.delete(client);
    });
    return client;
  }

  /** Past the proxies: faults are for those who are tested. */
  #connectAsSuper(): Promise<ZooKeeperClient> {
    const { roster, options } = this.#parts;
    const { superUser } = options;
    const servers = roster.seats.map((seat) => seat.address);
    const auth = superUser && { scheme: "digest", auth: `${superUser.id}:${superUser.password}` };
    return this.#open(servers, { auth: auth === undefined ? [] : [auth] });
  }

  #inRole(role: "follower" | "observer"): Promise<Peer[]> {
    return this.#run(async () => {
      await this.#parts.roster.look();
      return this.#parts.peers.filter((peer) => peer.seat.role === role);
    });
  }

  #run<T>(action: () => T | Promise<T>): Promise<T> {
    return this.#parts.calls.run(action);
  }
}

export const createApacheEnsemble = (parts: ApacheParts): Ensemble => new ApacheEnsemble(parts);
