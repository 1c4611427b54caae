// The guard against slowness: what a request costs beside the limit, held against `baseline.json`.
//
// Requests per second are nothing to fail a build for: in eight runs of the same code on two processors, with a load average of 12
// to 20, the ratio of `writes` to the limit lay between 0.02 and 0.12. Other ratios are steadier. Of one request in flight, the
// time beside the limit's stayed within a factor of 1.43 (read 1.18 to 1.39, write 5.3 to 7.5), the processor time within 1.29. Of
// many in flight, the processor time in the best round of each stayed within 2.5: who shares a cache has less of it. The margins
// are 2 and 4, against a baseline that is the median of those runs (one of a machine at rest may be lower, and would fail a busy
// one); and a case fails only where all that is held against it is beyond its margin, three times over. A loss of a tenth passes
// here and is found by `--compare` on a quiet machine; what this one finds is the loss of a batch, of a cache, of a shortcut.
// So much for the four cases that CI runs; the baseline of all others is of one run on a machine at rest, for whoever asks.
import { readFileSync, writeFileSync } from "node:fs";
import type { Row } from "../row.ts";
import type { Circumstances } from "./circumstances.ts";

/** Ratios to the limit. */
export interface Cost {
  /** Of the processor time of a request, in the best round of each. */
  readonly processor?: number;
  /** Of one request's time. */
  readonly time?: number;
}

export interface Baseline {
  readonly at: string;
  readonly node: string;
  readonly costs: Readonly<Record<string, Cost>>;
}

export interface Loss {
  readonly name: string;
  readonly before: Cost;
  readonly after: Cost;
  readonly margin: number;
}

const yardstick = "the limit";
const margins = { oneInFlight: 2, many: 4 };
const path = new URL("../baseline.json", import.meta.url);

export const readBaseline = (): Baseline => JSON.parse(readFileSync(path, "utf8"));

/** Puts these rows into the baseline; others stay. */
export function writeBaseline(rows: readonly Row[], { at, node }: Circumstances): void {
  const costs = { ...readBaseline().costs };
  for (const row of rows) {
    const cost = costOf(row);
    if (cost !== undefined) costs[row.name] = cost;
  }
  writeFileSync(path, `${JSON.stringify({ at, node, costs }, null, 2)}\n`);
}

/** undefined: it was not measured beside the limit. */
export function costOf(row: Row): Cost | undefined {
  const limit = row.beside?.find(({ name }) => name === yardstick);
  if (limit === undefined) return undefined;
  const best = { ours: least(row.cpuRounds), limit: least(limit.cpuRounds) };
  return {
    ...(Number.isFinite(best.ours / best.limit) && { processor: rounded(best.ours / best.limit) }),
    ...(row.unit === "ms" && { time: rounded(limit.ratio) }),
  };
}

/** Rows whose every cost is beyond its margin; a row that the baseline has not is none. */
export function losses(rows: readonly Row[], baseline: Baseline): Loss[] {
  return rows.flatMap((row) => {
    const before = baseline.costs[row.name];
    const after = costOf(row);
    if (before === undefined || after === undefined) return [];
    const margin = row.unit === "ms" ? margins.oneInFlight : margins.many;
    const compared = (["processor", "time"] as const).flatMap((of) => {
      const [was, is] = [before[of], after[of]];
      return was === undefined || is === undefined ? [] : [is > was * margin];
    });
    return compared.length > 0 && compared.every(Boolean)
      ? [{ name: row.name, before, after, margin }]
      : [];
  });
}

export function lossText({ name, before, after, margin }: Loss): string {
  const costs = Object.entries(after).map(
    ([of, value]) => `${of} ${value} of the limit's, ${before[of as keyof Cost]} in the baseline`,
  );
  return `${name}: ${costs.join("; ")}: more than ${margin} times as much`;
}

const least = (values: readonly number[] = []): number => Math.min(...values);
const rounded = (value: number): number => Number(value.toPrecision(3));
