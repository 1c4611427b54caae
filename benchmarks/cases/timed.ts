// What is timed one by one: a list of samples becomes a row.

import { Pauses } from "../pauses.ts";
import type { Row, Settings, Target } from "../row.ts";
import { RunQueue } from "../run-queue.ts";
import { figureOf, pairedRatio, quantile } from "../statistics.ts";

const warmUps = 3;
/** What takes seconds is as warm after once. */
const warmMsMax = 1000;
/** Of a yardstick, at most: they take their time. */
const othersMax = 3;

export interface Timed {
  readonly name: string;
  /** What it took, in ms; of a warm-up, the index is below 0. */
  once(index: number): Promise<number>;
}

export interface TimedOptions {
  readonly name: string;
  readonly targets?: readonly Target[];
  /** Instead of the settings': for what takes long. */
  readonly samples?: number;
  readonly note?: string;
  /** Ours is in another process, whose pauses nobody sees. */
  readonly isElsewhere?: boolean;
}

/** The first is the subject; all warm up in the same way, and the others are sampled in turns with it. */
export async function timed(
  [subject, ...others]: readonly [Timed, ...Timed[]],
  { samples, tell }: Settings,
  options: TimedOptions,
): Promise<Row> {
  const count = options.samples ?? samples;
  const queue = new RunQueue();
  const pauses = new Pauses();
  let pauseMs = 0;
  const ours: number[] = [];
  const theirs = others.map((): number[] => []);
  try {
    for (const contender of [subject, ...others]) {
      tell(`${options.name}: ${contender.name} warms up`);
      await warm(contender);
    }
    for (let index = 0; index < count; index += 1) {
      tell(`${options.name}: ${index + 1} of ${count}`);
      queue.resume();
      pauses.begin();
      const ms = await subject.once(index);
      queue.rest();
      pauseMs = Math.max(pauseMs, pauses.longestMs);
      ours.push(ms);
      if (index >= othersMax) continue;
      for (const [at, other] of others.entries()) {
        tell(`${options.name}: ${other.name}, ${index + 1} of ${Math.min(count, othersMax)}`);
        theirs[at]?.push(await other.once(index));
      }
    }
  } finally {
    pauses.end();
  }
  const fastest = Math.min(...ours).toFixed(1);
  const said = [
    `${count} samples, fastest ${fastest} ms, p90 ${quantile(ours, 0.9).toFixed(1)} ms`,
    ...(options.note === undefined ? [] : [options.note]),
  ];
  return {
    name: options.name,
    unit: "ms",
    ...figureOf(ours),
    beside: others.map(({ name }, at) => {
      const rounds = theirs[at] ?? [];
      return {
        name,
        ...figureOf(rounds),
        ratio: pairedRatio(ours.slice(0, rounds.length), rounds),
      };
    }),
    targets: options.targets ?? [],
    waiting: queue.waiting,
    ...(options.isElsewhere !== true && { pauseMs }),
    note: said.join(", "),
  };
}

async function warm(contender: Timed): Promise<void> {
  const endsAt = performance.now() + warmMsMax;
  for (let count = 1; count <= warmUps && performance.now() < endsAt; count += 1) {
    await contender.once(-count);
  }
}

/** Runs it, and says how long it took. */
export async function took(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}
