// Sessions: those that come and go, those that watch, and a minute in the life of many.
import { type Server, startServers, usual } from "../contenders.ts";
import { conversationSizes, sizeText } from "../frames.ts";
import { LatencyHistogram } from "../histogram.ts";
import { inTurns, sampled } from "../rounds.ts";
import type { Benchmark, Row, Settings } from "../row.ts";
import { startEnsemble } from "../subject.ts";
import { timed, took } from "./timed.ts";

const clients = 20;

const churn: Benchmark = {
  name: "ephemeral-churn",
  about: `sessions that open, make an ephemeral node and close, ${clients} at a time; 3 peers, tcp links, memory; ${sizeText()}`,
  async run(settings: Settings): Promise<readonly Row[]> {
    const { load, roundMs, warmMs } = settings;
    await using servers = await startServers(
      { place: usual, replySizes: conversationSizes },
      settings,
    );
    for (const { name, ports } of servers.all) await load.openChurn(name, { ports });
    const contenders = servers.all.map((server: Server) => {
      const at = { lane: server.name, inFlight: clients };
      return {
        name: server.name,
        warm: () => load.measure({ ...at, warmMs: 0, ms: warmMs * server.warmTimes }),
        measure: () =>
          sampled(
            () => load.measure({ ...at, warmMs: roundMs / 4, ms: roundMs }),
            () => server.cpuMs(),
          ),
      };
    });
    const row = await inTurns(contenders, settings, { name: churn.name, unit: "sessions/s" });
    for (const server of servers.all) await load.close(server.name);
    return [row];
  },
};

const watchers = 1000;

const fanOut: Benchmark = {
  name: "watches",
  about: `a write until the last of ${watchers} watchers has its event, each a session of its own; 3 peers, tcp links, memory; ${sizeText()}`,
  async run(settings: Settings): Promise<readonly Row[]> {
    const { load, roundMs, warmMs } = settings;
    await using servers = await startServers(
      { place: usual, replySizes: conversationSizes, fanOut: true },
      settings,
    );
    for (const { name, ports } of servers.all) await load.openFanOut(name, { ports, watchers });
    const contenders = servers.all.map((server: Server) => {
      const at = { lane: server.name, inFlight: 1 };
      return {
        name: server.name,
        warm: () => load.measure({ ...at, warmMs: 0, ms: warmMs * server.warmTimes }),
        async measure() {
          const sample = await sampled(
            () => load.measure({ ...at, warmMs: roundMs / 4, ms: roundMs }),
            () => server.cpuMs(),
          );
          const times = new LatencyHistogram();
          times.add(sample.latencies);
          return { ...sample, figure: times.percentiles.p50 };
        },
      };
    });
    const note = "processor for each event, with the reads that watch again";
    const row = await inTurns(contenders, settings, { name: fanOut.name, unit: "ms", note });
    for (const server of servers.all) await load.close(server.name);
    return [row];
  },
};

const minute: Benchmark = {
  name: "minute",
  about:
    "clock.advance(60_000) with 1,000 sessions (quick: 200), all connected, and no znodes; 3 peers, tcp links, memory",
  async run(settings: Settings): Promise<readonly Row[]> {
    const { load, isQuick } = settings;
    const sessions = isQuick ? 200 : 1000;
    await using ensemble = await startEnsemble(3, { clock: "manual" });
    const ports = ensemble.peers.map(({ port }) => port);
    await load.openFanOut("sessions", { ports, watchers: sessions });
    const advance = { name: "ours", once: () => took(() => ensemble.clock.advance(60_000)) };
    const row = await timed([advance], settings, {
      name: minute.name,
      targets: [{ atMost: 1000 }],
    });
    await load.close("sessions");
    return [row];
  },
};

export const sessions: readonly Benchmark[] = [churn, fanOut, minute];
