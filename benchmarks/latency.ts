// One request in flight: the middle round trip of a read and of a write, on one connection a peer in turn, and of the limit.
import { startEnsemble } from "../src/index.ts";
import { type Kind, replyBytes } from "./frames.ts";
import { startLimit } from "./limit.ts";
import { seed } from "./raw-client.ts";
import type { Benchmark, Row, Settings } from "./row.ts";
import { median, spread } from "./statistics.ts";

const warmUp = 2000;
const trips = 1500;

function latency(name: string, kind: Kind, atMost: number): Benchmark {
  return {
    name,
    about: `p50 of a ${kind}, one in flight, one connection a peer in turn; ${trips} a round`,
    async run({ load, rounds }: Settings): Promise<readonly Row[]> {
      await using limit = await startLimit(replyBytes[kind]);
      await using ensemble = await startEnsemble(3);
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
  latency("read-latency", "read", 1.5),
  latency("write-latency", "write", 3),
];
