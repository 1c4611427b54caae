// Reads and writes per second, many in flight, on three peers and on the limit, round about.
import type { EnsembleOptions } from "../src/index.ts";
import { type Kind, replyBytes } from "./frames.ts";
import { startLimit } from "./limit.ts";
import type { LoadProcess } from "./load-process.ts";
import { seed } from "./raw-client.ts";
import type { Benchmark, Row, Settings } from "./row.ts";
import { median, spread } from "./statistics.ts";
import { startEnsemble } from "./subject.ts";

const connections = 6;
const inFlight = 100;

interface Round {
  readonly perSecond: number;
  readonly serverBusy: number;
  readonly loadBusy: number;
}

async function round(lane: string, load: LoadProcess, ms: number): Promise<Round> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const { perSecond, loadBusy } = await load.measure({ lane, inFlight, warmMs: ms / 4, ms });
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond,
    loadBusy,
    serverBusy: (user + system) / 1000 / (performance.now() - startedAt),
  };
}

interface ThroughputOptions {
  readonly kind: Kind;
  readonly links: NonNullable<EnsembleOptions["peerLinks"]>;
  readonly atLeast: number;
}

function throughput(name: string, { kind, links, atLeast }: ThroughputOptions): Benchmark {
  const of = `${kind === "read" ? "getData" : "setData"}, 100-byte values`;
  return {
    name,
    about: `${of}, three peers linked over ${links}, memory storage; ${connections} connections × ${inFlight} in flight, two connections a peer`,
    async run({ load, rounds, roundMs, warmMs }: Settings): Promise<readonly Row[]> {
      await using limit = await startLimit(replyBytes[kind]);
      await using ensemble = await startEnsemble(3, { peerLinks: links });
      const ports = ensemble.peers.flatMap((peer) => [peer.port, peer.port]);
      await seed(ports[0] ?? 0);
      await ensemble.waitForConverged();
      await load.open("limit", { kind, ports: ports.map(() => limit.port), handshake: false });
      await load.open("ensemble", { kind, ports, handshake: true });
      await round("limit", load, warmMs);
      await round("ensemble", load, warmMs);
      const limits: Round[] = [];
      const ours: Round[] = [];
      for (let count = 0; count < rounds; count += 1) {
        limits.push(await round("limit", load, roundMs));
        ours.push(await round("ensemble", load, roundMs));
      }
      await load.close("limit");
      await load.close("ensemble");
      const middle = (list: readonly Round[], of: keyof Round): number =>
        median(list.map((r) => r[of]));
      const figures = ours.map((r) => r.perSecond);
      return [
        {
          name,
          unit: "requests/s",
          median: median(figures),
          spread: spread(figures),
          limit: middle(limits, "perSecond"),
          ratio: median(figures.map((figure, index) => figure / (limits[index]?.perSecond ?? 0))),
          target: { of: "ratio", atLeast },
          busy: {
            server: middle(ours, "serverBusy"),
            load: middle(ours, "loadBusy"),
            limit: middle(limits, "serverBusy"),
            limitLoad: middle(limits, "loadBusy"),
          },
        },
      ];
    },
  };
}

export const throughputs: readonly Benchmark[] = [
  throughput("reads", { kind: "read", links: "tcp", atLeast: 0.3 }),
  throughput("writes", { kind: "write", links: "tcp", atLeast: 0.05 }),
  throughput("writes-memory", { kind: "write", links: "memory", atLeast: 0.13 }),
];
