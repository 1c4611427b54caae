// What a case measures and what it hands back.
import type { ApacheYard } from "./apache.ts";
import type { CuratorYard } from "./curator.ts";
import type { LoadProcess } from "./load-process.ts";
import type { Profile, Profiler } from "./profile.ts";

export interface Settings {
  readonly load: LoadProcess;
  /** undefined: not installed, or not wanted. */
  readonly apache?: ApacheYard | undefined;
  readonly curator?: CuratorYard | undefined;
  /** Seconds rather than minutes. */
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmMs: number;
  /** Samples of what is timed one by one: boots, failovers. */
  readonly samples: number;
  readonly profiler?: Profiler | undefined;
  /** Says what is going on, to whoever watches. */
  readonly tell: (doing: string) => void;
}

export type Unit = `${string}/s` | "ms" | "bytes";

/** What one server did, over all rounds. */
export interface Figure {
  readonly median: number;
  /** How far the rounds, or the samples of what is timed one by one, lie apart. */
  readonly spread: number;
  readonly rounds?: readonly number[];
  readonly percentiles?: Percentiles;
  /** Processor time of one request in all processes of the server, in µs: other work disturbs it less than requests per second. */
  readonly cpuMicros?: number;
  /** The same, round by round. */
  readonly cpuRounds?: readonly number[];
  /** Share of a processor that the load took: near 1, the figure is the load's and not the server's. */
  readonly loadBusy?: number;
}

/** Of every single request, in ms. */
export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** A yardstick, measured in turns with the subject. */
export interface Beside extends Figure {
  readonly name: string;
  /** The subject's figure by this one, round by round; of times, how many times longer ours is. */
  readonly ratio: number;
}

/** A figure of ours, and those it was measured beside. */
export interface Row extends Figure {
  readonly name: string;
  readonly unit: Unit;
  readonly beside?: readonly Beside[];
  readonly targets?: readonly Target[];
  /** The event loop's longest pause while ours was measured, waiting for a processor left out. */
  readonly pauseMs?: number;
  /** Share of our rounds in which this process's thread, in most cases the servers', waited for a processor that other work had. */
  readonly waiting?: number;
  /** Where the processor's time went in our turns, where that was asked for. */
  readonly profile?: Profile;
  readonly note?: string;
}

/** For the ratio to a yardstick, or for the median itself. */
export interface Target {
  readonly beside?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Benchmark {
  readonly name: string;
  /** Peers, links, storage, connections × in flight, size of values: what the figures are of. */
  readonly about: string;
  run(settings: Settings): Promise<readonly Row[]>;
}

/** Whatever a case does, the event loop is kept no longer. */
export const pauseMsMax = 50;

export const isPauseHeld = ({ pauseMs = 0 }: Row): boolean => pauseMs <= pauseMsMax;

/** What a target is about; undefined where its yardstick was not there. */
export function targetValue(row: Row, { beside }: Target): number | undefined {
  if (beside === undefined) return row.median;
  return row.beside?.find(({ name }) => name === beside)?.ratio;
}

/** undefined: the yardstick was not there. */
export function isHeld(row: Row, target: Target): boolean | undefined {
  const value = targetValue(row, target);
  if (value === undefined) return undefined;
  return value >= (target.atLeast ?? -Infinity) && value <= (target.atMost ?? Infinity);
}
