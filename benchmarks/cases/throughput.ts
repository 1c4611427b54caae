// Requests per second, many in flight; and the latency of one in flight. A case is a row of the lists at the end.
import { type Place, placeText, type Server, startServers, usual } from "../contenders.ts";
import {
  type Kind,
  opsInMulti,
  replySizes,
  requestBytes,
  sizeText,
  valueBytes,
} from "../frames.ts";
import { LatencyHistogram } from "../histogram.ts";
import { inTurns, type Sample, sampled } from "../rounds.ts";
import type { Benchmark, Row, Settings, Target } from "../row.ts";

const connections = 6;

interface LoadOptions extends Partial<Place> {
  readonly kind: Kind;
  /** Default 100. */
  readonly valueBytes?: number;
  /** Default 100; of latencies 1 in all. */
  readonly inFlight?: number;
  readonly withRelay?: boolean;
  readonly withApache?: boolean;
  readonly withCurator?: boolean;
  readonly targets?: readonly Target[];
}

const kindText: Readonly<Record<Kind, string>> = {
  read: "getData",
  write: "setData",
  create: "create, each a new node",
  mixed: "nine getData and a setData",
  multi: `multi of ${opsInMulti} setData`,
};

export function throughput(name: string, options: LoadOptions): Benchmark {
  const { kind, inFlight = 100 } = options;
  return loaded(name, options, {
    unit: "requests/s",
    shape: `${connections} connections × ${inFlight} in flight`,
    connections,
    warm: ({ warmTimes }, lane, { load, warmMs }) =>
      load.measure({ lane, inFlight, warmMs: 0, ms: warmMs * warmTimes }),
    turn: (server, lane, { load, roundMs }) =>
      sampled(
        () => load.measure({ lane, inFlight, warmMs: roundMs / 4, ms: roundMs }),
        () => server.cpuMs(),
      ),
    kind,
  });
}

const trips = 1500;
const warmUpTrips = 2000;

export function latency(name: string, options: LoadOptions): Benchmark {
  const { peers = usual.peers } = options;
  return loaded(name, options, {
    unit: "ms",
    shape: `p50 of one in flight, on one connection a peer in turn, ${trips} a round`,
    connections: peers,
    warm: ({ warmTimes }, lane, { load }) => load.roundTrips(lane, warmUpTrips * warmTimes),
    async turn(server, lane, { load }) {
      const before = server.cpuMs();
      const latencies = await load.roundTrips(lane, trips);
      const round = new LatencyHistogram();
      round.add(latencies);
      const cpuMicros = ((server.cpuMs() - before) * 1000) / trips;
      return { figure: round.percentiles.p50, latencies, cpuMicros };
    },
    kind: options.kind,
  });
}

interface Manner {
  readonly unit: Row["unit"];
  readonly kind: Kind;
  readonly shape: string;
  readonly connections: number;
  warm(server: Server, lane: string, settings: Settings): Promise<unknown>;
  turn(server: Server, lane: string, settings: Settings): Promise<Sample>;
}

function loaded(name: string, options: LoadOptions, manner: Manner): Benchmark {
  const {
    valueBytes: bytes = valueBytes,
    withRelay = false,
    withApache = true,
    withCurator = false,
    targets = [],
  } = options;
  const place: Place = { ...usual, ...options };
  const { kind, unit } = manner;
  return {
    name,
    about: `${kindText[kind]}, ${sizeText(bytes)}; ${placeText(place)}; ${manner.shape}`,
    async run(settings: Settings): Promise<readonly Row[]> {
      const { load } = settings;
      await using servers = await startServers(
        {
          place,
          valueBytes: bytes,
          replySizes: replySizes(kind, bytes),
          requestBytes: requestBytes(kind, bytes),
          withRelay,
          withApache,
          withCurator,
        },
        settings,
      );
      const open = ({ name: lane, ports, knowsSessions }: Server): Promise<void> => {
        const spread = Array.from(
          { length: manner.connections },
          (_, index) => ports[index % ports.length] ?? 0,
        );
        return load.open(lane, {
          kind,
          valueBytes: bytes,
          ports: spread,
          handshake: knowsSessions,
        });
      };
      const contenders = servers.all.map((server) => ({
        name: server.name,
        async warm() {
          await open(server); // not before, as nobody pings while the others warm up
          await manner.warm(server, server.name, settings);
        },
        measure: () => manner.turn(server, server.name, settings),
      }));
      const row = await inTurns(contenders, settings, { name, unit, targets });
      for (const server of servers.all) await load.close(server.name);
      return [row];
    },
  };
}

const limitAtLeast = (atLeast: number): Target => ({ beside: "the limit", atLeast });
const limitAtMost = (atMost: number): Target => ({ beside: "the limit", atMost });
const apacheAtLeast = (atLeast: number): Target => ({ beside: "Apache", atLeast });

const kinds: readonly Benchmark[] = [
  throughput("reads", {
    kind: "read",
    withCurator: true,
    targets: [limitAtLeast(0.45), apacheAtLeast(20)],
  }),
  throughput("writes", {
    kind: "write",
    withCurator: true,
    targets: [limitAtLeast(0.1), apacheAtLeast(10)],
  }),
  throughput("creates", { kind: "create" }),
  throughput("mixed", { kind: "mixed" }),
  throughput("multi", { kind: "multi", inFlight: 20 }),
];

const latencies: readonly Benchmark[] = [
  latency("read-latency", { kind: "read", targets: [limitAtMost(1.5)] }),
  // Over TCP a write is seven writes and reads of sockets in one process, where the limit has one of each: the relay has them too.
  latency("write-latency", { kind: "write", withRelay: true, targets: [limitAtMost(3)] }),
  latency("write-latency-memory", {
    kind: "write",
    links: "memory",
    withApache: false,
    targets: [limitAtMost(3)],
  }),
];

const peersText = (peers: number): string => (peers === 1 ? "1-peer" : `${peers}-peers`);

const places: readonly Benchmark[] = [
  throughput("reads-memory-links", { kind: "read", links: "memory", withApache: false }),
  throughput("writes-memory-links", {
    kind: "write",
    links: "memory",
    withApache: false,
    targets: [limitAtLeast(0.13)],
  }),
  throughput("multi-memory-links", {
    kind: "multi",
    links: "memory",
    inFlight: 20,
    withApache: false,
  }),
  throughput("reads-disk", { kind: "read", storage: "disk", withApache: false }),
  throughput("writes-disk", { kind: "write", storage: "disk" }),
  throughput("creates-disk", { kind: "create", storage: "disk", withApache: false }),
  throughput("writes-fsync", { kind: "write", storage: "fsync", targets: [apacheAtLeast(1)] }),
  latency("write-latency-fsync", { kind: "write", storage: "fsync" }),
  ...[1, 2, 4, 5, 6, 7].flatMap((peers) => [
    throughput(`reads-${peersText(peers)}`, { kind: "read", peers, withApache: peers === 1 }),
    throughput(`writes-${peersText(peers)}`, { kind: "write", peers, withApache: peers === 1 }),
  ]),
];

/** In flight so that what is under way stays below some ten megabytes. */
const sizes: readonly Benchmark[] = [
  { label: "0", bytes: 0, inFlight: 100 },
  { label: "1kb", bytes: 1000, inFlight: 100 },
  { label: "10kb", bytes: 10_000, inFlight: 50 },
  { label: "100kb", bytes: 100_000, inFlight: 10 },
  { label: "1mb", bytes: 1_000_000, inFlight: 2 },
].flatMap(({ label, bytes, inFlight }) => [
  throughput(`reads-${label}`, { kind: "read", valueBytes: bytes, inFlight }),
  throughput(`writes-${label}`, { kind: "write", valueBytes: bytes, inFlight }),
]);

export const throughputs: readonly Benchmark[] = [...kinds, ...latencies, ...places, ...sizes];
