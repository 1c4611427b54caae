// The servers that a load is put on: our ensemble, the limit, the relay, Apache's.
import type { Ensemble, EnsembleOptions } from "../src/index.ts";
import { type ApacheServers, sessionsSoon } from "./apache.ts";
import { valueBytes } from "./frames.ts";
import { startLimit } from "./limit.ts";
import { ownProcessorMs } from "./processor.ts";
import { seed } from "./raw-client.ts";
import { startRelay } from "./relay.ts";
import type { Settings } from "./row.ts";
import { startEnsemble } from "./subject.ts";

export interface Place {
  readonly peers: number;
  readonly links: "tcp" | "memory";
  readonly storage: "memory" | "disk" | "fsync";
}

const warmTimesOfJvm = 4;

export const usual: Place = { peers: 3, links: "tcp", storage: "memory" };

/** Where the load goes, and what it costs there. */
export interface Server {
  readonly name: string;
  readonly ports: readonly number[];
  readonly knowsSessions: boolean;
  /** How much longer than usual it warms up: a JVM compiles what it runs late. */
  readonly warmTimes: number;
  cpuMs(): number;
}

export interface Servers extends AsyncDisposable {
  readonly ensemble: Ensemble;
  /** Ours first, then the limit, then the relay where it is wanted, then Apache where it is wanted and there. */
  readonly all: readonly Server[];
}

export interface ServersOptions {
  readonly place: Place;
  readonly valueBytes?: number;
  /** What the limit answers. */
  readonly replySizes: ReadonlyMap<number, number>;
  /** No request is shorter; what is not known makes the limit ask for more memory. */
  readonly requestBytes?: number;
  readonly fanOut?: boolean;
  /** Default false. */
  readonly withRelay?: boolean;
  readonly withApache?: boolean;
  /** Default false. */
  readonly withCurator?: boolean;
}

/** All of them started, with the nodes in them that the load reads and writes. */
export async function startServers(
  { place, valueBytes: bytes = valueBytes, withApache = true, ...options }: ServersOptions,
  { apache, curator, tell }: Settings,
): Promise<Servers> {
  await using stack = new Stack();
  const ensemble = stack.use(await startEnsemble(place.peers, ensembleOptions(place)));
  const limit = stack.use(await startLimit(options.replySizes, options));
  const ports = ensemble.peers.map(({ port }) => port);
  await seed(ports[0] ?? 0, bytes);
  await ensemble.waitForConverged();
  const all: Server[] = [
    { name: "ours", ports, knowsSessions: true, warmTimes: 1, cpuMs: ownProcessorMs },
    {
      name: "the limit",
      ports: ports.map(() => limit.port),
      knowsSessions: false,
      warmTimes: 1,
      cpuMs: ownProcessorMs,
    },
  ];
  if (options.withRelay === true) {
    const [replyBytes = 0] = options.replySizes.values();
    const relay = stack.use(await startRelay(options.requestBytes ?? 0, replyBytes));
    all.push({
      name: "the relay",
      ports: relay.ports,
      knowsSessions: false,
      warmTimes: 1,
      cpuMs: ownProcessorMs,
    });
  }
  if (withApache && apache !== undefined) {
    tell(`Apache boots ${place.peers}`);
    const servers = await apache.servers({ peers: place.peers, fsync: place.storage === "fsync" });
    await sessionsSoon(servers.ports);
    await seed(servers.ports[0] ?? 0, bytes);
    all.push(apacheServer(servers));
  }
  if (options.withCurator === true && curator !== undefined) {
    tell("Curator's TestingCluster boots");
    const cluster = stack.use(curator.start());
    const clusterPorts = await cluster.boot();
    await sessionsSoon(clusterPorts);
    await seed(clusterPorts[0] ?? 0, bytes);
    all.push({
      name: "TestingCluster",
      ports: clusterPorts,
      knowsSessions: true,
      warmTimes: warmTimesOfJvm,
      cpuMs: () => cluster.cpuMs(),
    });
  }
  const owned = stack.move();
  return { ensemble, all, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}

const apacheServer = (servers: ApacheServers): Server => ({
  name: "Apache",
  ports: servers.ports,
  knowsSessions: true,
  warmTimes: warmTimesOfJvm,
  cpuMs: () => servers.cpuMs(),
});

export function ensembleOptions({ links, storage }: Place): EnsembleOptions {
  return {
    peerLinks: links,
    storage:
      storage === "memory" ? { kind: "memory" } : { kind: "disk", fsync: storage === "fsync" },
  };
}

export function placeText({ peers, links, storage }: Place): string {
  const stored = storage === "fsync" ? "disk with fsync" : storage;
  return peers === 1 ? `1 peer, ${stored}` : `${peers} peers, ${links} links, ${stored}`;
}

/** What to close, the last first; an AsyncDisposableStack, which Node 20 has not. */
class Stack implements AsyncDisposable {
  #owned: AsyncDisposable[] = [];

  use<T extends AsyncDisposable>(owned: T): T {
    this.#owned.push(owned);
    return owned;
  }

  /** To another owner. */
  move(): Stack {
    const other = new Stack();
    other.#owned = this.#owned;
    this.#owned = [];
    return other;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const owned of this.#owned.reverse()) await owned[Symbol.asyncDispose]();
    this.#owned = [];
  }
}
