// What a benchmark measures and what it hands back.
import type { LoadProcess } from "./load-process.ts";

export interface Settings {
  readonly load: LoadProcess;
  /** Seconds rather than minutes. */
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmMs: number;
  /** Samples of what is timed one by one: boots, failovers. */
  readonly samples: number;
}

export interface Row {
  readonly name: string;
  readonly unit: "requests/s" | "ms" | "bytes";
  readonly median: number;
  /** One figure a round, for throughput; a sample each, for times. */
  readonly spread: number;
  readonly limit?: number;
  /** What `limit` is, where it is not that of the machine. */
  readonly yardstick?: string;
  /** Of the limit; for times how many times longer. */
  readonly ratio?: number;
  readonly target: Target;
  readonly busy?: Busy;
  readonly note?: string;
}

/**
 * Shares of a processor while measured: a load near 1 with a server below it would make the figure the load's. From them the
 * processor time of a request, which other work on the machine disturbs less than requests per second.
 */
export interface Busy {
  readonly server: number;
  readonly load: number;
  readonly limit: number;
  readonly limitLoad: number;
}

/** `ratio` for figures beside the limit, `median` for times. */
export interface Target {
  readonly of: "ratio" | "median";
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  run(settings: Settings): Promise<readonly Row[]>;
}

export function isHeld(row: Row): boolean {
  const value = row.target.of === "ratio" ? (row.ratio ?? Number.NaN) : row.median;
  return value >= (row.target.atLeast ?? -Infinity) && value <= (row.target.atMost ?? Infinity);
}
