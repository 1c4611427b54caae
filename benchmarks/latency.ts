// One request in flight: the middle round trip of a read and of a write, on one connection a peer in turn, and of the limit.
import type { EnsembleOptions } from "../src/index.ts";
import { type Kind, replyBytes } from "./frames.ts";
import { startLimit } from "./limit.ts";
import { seed } from "./raw-client.ts";
import type { Benchmark, Row, Settings } from "./row.ts";
import { median, spread } from "./statistics.ts";
import { startEnsemble } from "./subject.ts";

const warmUp = 2000;
const trips = 1500;

interface LatencyOptions {
  readonly kind: Kind;
  readonly links: NonNullable<EnsembleOptions["peerLinks"]>;
  readonly atMost: number;
}

function latency(name: string, { kind, links, atMost }: LatencyOptions): Benchmark {
  const of = `p50 of a ${kind}, peers linked over ${links}`;
  return {
    name,
    about: `${of}; one in flight, one connection a peer in turn, ${trips} a round`,
    async run({ load, rounds }: Settings): Promise<readonly Row[]> {
      await using limit = await startLimit(replyBytes[kind]);
      await using ensemble = await startEnsemble(3, { peerLinks: links });
      const ports = ensemble.peers.map((peer) => peer.port);
      await seed(ports[0] ?? 0);
      await ensemble.waitForConverged();
      await load.open("limit", { kind, ports: ports.map(() => limit.port), handshake: false });
      await load.open("ensemble", { kind, ports, handshake: true });
      await load.roundTrips("limit", warmUp);
      await load.roundTrips("ensemble", warmUp);
      const limits: number[] = [];
      const ours: number[] = [];
      for (let count = 0; count < rounds; count += 1) {
        limits.push(median(await load.roundTrips("limit", trips)));
        ours.push(median(await load.roundTrips("ensemble", trips)));
      }
      await load.close("limit");
      await load.close("ensemble");
      return [
        {
          name,
          unit: "ms",
          median: median(ours),
          spread: spread(ours),
          limit: median(limits),
          ratio: median(ours.map((ms, index) => ms / (limits[index] ?? Number.NaN))),
          target: { of: "ratio", atMost },
        },
      ];
    },
  };
}

export const latencies: readonly Benchmark[] = [
  latency("read-latency", { kind: "read", links: "tcp", atMost: 1.5 }),
  // Over TCP a write is seven writes and reads of sockets in one process, where the limit has one of each.
  latency("write-latency", { kind: "write", links: "tcp", atMost: 3 }),
  latency("write-latency-memory", { kind: "write", links: "memory", atMost: 3 }),
];
