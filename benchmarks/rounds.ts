// Subject and yardsticks by turns, so that all of them meet the same machine; and the row that comes of it.
import { LatencyHistogram } from "./histogram.ts";
import type { Throughput } from "./lane.ts";
import { Pauses } from "./pauses.ts";
import type { Beside, Figure, Row, Settings, Target, Unit } from "./row.ts";
import { RunQueue } from "./run-queue.ts";
import { figureOf, median, pairedRatio } from "./statistics.ts";

/** One turn's outcome. */
export interface Sample {
  readonly figure: number;
  /** Encoded latencies of its requests. */
  readonly latencies?: string;
  readonly cpuMicros?: number;
  readonly loadBusy?: number;
  /** Of the subject's event loop, where that is not this process's. */
  readonly pauseMs?: number;
}

export interface Contender {
  readonly name: string;
  /** Nothing of it is counted. */
  warm(): Promise<unknown>;
  measure(): Promise<Sample>;
}

export interface RowOptions {
  readonly name: string;
  readonly unit: Unit;
  readonly targets?: readonly Target[];
  readonly note?: string;
}

/** The first contender is the subject. */
export async function inTurns(
  contenders: readonly Contender[],
  { rounds, tell, profiler }: Settings,
  options: RowOptions,
): Promise<Row> {
  const samples = contenders.map((): Sample[] => []);
  const pauses = new Pauses();
  const queue = new RunQueue();
  let pauseMs = 0;
  try {
    for (const contender of contenders) {
      tell(`${options.name}: ${contender.name} warms up`);
      await contender.warm();
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, contender] of contenders.entries()) {
        tell(`${options.name}: round ${round + 1} of ${rounds}, ${contender.name}`);
        if (index === 0) {
          await profiler?.resume();
          pauses.begin();
          queue.resume();
        }
        const sample = await contender.measure();
        samples[index]?.push(sample);
        if (index > 0) continue;
        pauseMs = Math.max(pauseMs, sample.pauseMs ?? pauses.longestMs);
        queue.rest();
        await profiler?.rest(options.name);
      }
    }
  } finally {
    pauses.end();
  }
  const [ours, ...others] = samples.map(figureOfSamples);
  if (ours === undefined) throw new Error("nobody contends");
  const beside = others.map((theirs, index): Beside => {
    const ratio = pairedRatio(ours.rounds ?? [], theirs.rounds ?? []);
    return { name: contenders[index + 1]?.name ?? "", ratio, ...theirs };
  });
  return {
    ...options,
    ...ours,
    beside,
    pauseMs,
    waiting: queue.waiting,
    ...(profiler && { profile: profiler.take() }),
  };
}

function figureOfSamples(samples: readonly Sample[]): Figure {
  const all = new LatencyHistogram();
  const latencies = samples.flatMap((sample) => sample.latencies ?? []);
  for (const encoded of latencies) all.add(encoded);
  const cpuRounds = finite(samples.map(({ cpuMicros }) => cpuMicros));
  const busy = finite(samples.map(({ loadBusy }) => loadBusy));
  return {
    ...figureOf(samples.map(({ figure }) => figure)),
    ...(latencies.length > 0 && { percentiles: all.percentiles }),
    ...(cpuRounds.length > 0 && { cpuMicros: median(cpuRounds), cpuRounds }),
    ...(busy.length > 0 && { loadBusy: median(busy) }),
  };
}

const finite = (values: readonly (number | undefined)[]): number[] =>
  values.filter((value) => value !== undefined && Number.isFinite(value)).map(Number);

/** A turn of the load process, with the processor time that the server took for it. */
export async function sampled(
  turn: () => Promise<Throughput>,
  cpuMs: () => number,
): Promise<Sample & { readonly latencies: string }> {
  const before = cpuMs();
  const { perSecond, replies, loadBusy, latencies } = await turn();
  return {
    figure: perSecond,
    latencies,
    loadBusy,
    cpuMicros: ((cpuMs() - before) * 1000) / replies,
  };
}
