// What one client does to another on the same peer: the latency of a quiet one's reads, alone and beside a client that behaves badly.
import { type Server, startServers, usual } from "../contenders.ts";
import { type Kind, replySizes, sizeText, valueBytes as usualBytes } from "../frames.ts";
import { LatencyHistogram } from "../histogram.ts";
import { LoadProcess } from "../load-process.ts";
import { type Contender, inTurns, type Sample } from "../rounds.ts";
import type { Benchmark, Row, Settings } from "../row.ts";

interface BadManners {
  readonly kind: Kind;
  /** Default 100; what the quiet one reads as well. */
  readonly valueBytes?: number;
  readonly inFlight: number;
  readonly isDeaf?: boolean;
}

const tripsMax = 2000;
const roundsMax = 3;
/** Whoever is quiet waits no longer beside it than on Apache's servers. */
const targets = [{ beside: "Apache", atMost: 1 }];
/** The bad client's time goes on for a little longer than the quiet one's. */
const longer = 1.2;

function fairness(name: string, about: string, manners: BadManners): Benchmark {
  const { valueBytes = usualBytes } = manners;
  return {
    name,
    about: `p50 of a client's reads, one in flight, beside ${about} on the same peer; 3 peers, tcp links, memory; ${sizeText(valueBytes)}`,
    async run(settings: Settings): Promise<readonly Row[]> {
      const { load } = settings;
      const rounds = Math.min(settings.rounds, roundsMax);
      await using servers = await startServers(
        { place: usual, valueBytes, replySizes: replySizes("read", valueBytes) },
        settings,
      );
      const bad = new LoadProcess();
      try {
        const known = servers.all.filter(({ knowsSessions }) => knowsSessions);
        for (const { name: lane, ports } of known) {
          const options = {
            kind: "read",
            valueBytes,
            ports: ports.slice(0, 1),
            handshake: true,
          } as const;
          await load.open(lane, options);
        }
        const contenders = known.flatMap((server): Contender[] => {
          const alone = `${server.name} alone`;
          const quiet = (): Promise<Sample> => reads(server, settings);
          const disturbed = (): Promise<Sample> => beside(server, bad, manners, settings);
          return [
            { name: server.name, warm: disturbed, measure: disturbed },
            { name: alone, warm: () => warmUp(server, settings), measure: quiet },
          ];
        });
        const row = await inTurns(
          contenders,
          { ...settings, rounds },
          { name, unit: "ms", targets },
        );
        for (const { name: lane } of known) await load.close(lane);
        return [row];
      } finally {
        bad.end();
      }
    },
  };
}

async function reads({ name }: Server, { load, roundMs }: Settings): Promise<Sample> {
  const latencies = await load.roundTrips(name, tripsMax, roundMs);
  const round = new LatencyHistogram();
  round.add(latencies);
  return { figure: round.percentiles.p50, latencies };
}

async function warmUp({ name, warmTimes }: Server, { load, warmMs }: Settings): Promise<void> {
  await load.roundTrips(name, tripsMax * warmTimes, warmMs * warmTimes);
}

async function beside(
  server: Server,
  bad: LoadProcess,
  { kind, valueBytes = usualBytes, inFlight, isDeaf = false }: BadManners,
  settings: Settings,
): Promise<Sample> {
  const lane = `beside ${server.name}`;
  const ports = server.ports.slice(0, 1);
  await bad.open(lane, { kind, valueBytes, ports, handshake: true, isDeaf });
  const ms = settings.roundMs * longer;
  const [sample] = await Promise.all([
    reads(server, settings),
    bad.measure({ lane, inFlight, warmMs: 0, ms }),
  ]);
  await bad.close(lane);
  return sample;
}

export const fairnesses: readonly Benchmark[] = [
  fairness("fair-flood", "one with 1,000 reads in flight", { kind: "read", inFlight: 1000 }),
  fairness("fair-backlog", "one that sends 20,000 writes at once", {
    kind: "write",
    inFlight: 20_000,
  }),
  fairness("fair-slow", "one that asks for 20 MB and reads nothing", {
    kind: "read",
    valueBytes: 10_000,
    inFlight: 2000,
    isDeaf: true,
  }),
];
