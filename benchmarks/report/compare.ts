// What changed between two runs, and what of it is beyond noise.
import type { Row } from "../row.ts";
import { median, quantile } from "../statistics.ts";
import { noises } from "./noise.ts";

export interface Change {
  readonly name: string;
  /** What was compared: the ratio to a yardstick, which other machines share, or the figure itself. */
  readonly of: string;
  readonly before: number;
  readonly after: number;
  readonly verdict: "better" | "worse" | "within noise";
}

/** A smaller change is none, however close its rounds are to each other; where a run was noisy, a much larger one. */
const changeMin = { quiet: 0.05, noisy: 0.3 };

/** One for each row that both runs have. */
export function changes(before: readonly Row[], after: readonly Row[]): Change[] {
  return after.flatMap((row) => {
    const old = before.find(({ name }) => name === row.name);
    return old === undefined ? [] : [changeOf(old, row)];
  });
}

/**
 * Beyond noise where the middle halves of the rounds do not touch. Rounds are compared by their ratio to the first yardstick of
 * both runs, measured in the same minute, where there is one.
 */
function changeOf(old: Row, row: Row): Change {
  const yardstick = row.beside?.find(({ name }) => old.beside?.some((one) => one.name === name));
  const before = roundsOf(old, yardstick?.name);
  const after = roundsOf(row, yardstick?.name);
  const middle = { before: median(before), after: median(after) };
  const grown = quantile(after, 0.25) > quantile(before, 0.75);
  const shrunk = quantile(after, 0.75) < quantile(before, 0.25);
  const least = [old, row].some((one) => noises(one).length > 0)
    ? changeMin.noisy
    : changeMin.quiet;
  const isLarge = Math.abs(middle.after / middle.before - 1) >= least;
  const isMoreBetter = row.unit !== "ms" && row.unit !== "bytes";
  const moved = isLarge && (grown || shrunk);
  return {
    name: row.name,
    of: yardstick === undefined ? row.unit : `ratio to ${yardstick.name}`,
    ...middle,
    verdict: moved ? (grown === isMoreBetter ? "better" : "worse") : "within noise",
  };
}

function roundsOf(row: Row, yardstick: string | undefined): readonly number[] {
  const rounds = row.rounds ?? [row.median];
  if (yardstick === undefined) return rounds;
  const theirs = row.beside?.find(({ name }) => name === yardstick)?.rounds ?? [];
  return rounds.slice(0, theirs.length).map((figure, index) => figure / (theirs[index] ?? 1));
}

export function changeText({ name, of, before, after, verdict }: Change): string {
  const percent = Math.round((after / before - 1) * 100);
  const by = `${percent < 0 ? "−" : "+"}${Math.abs(percent)} %`;
  const digits = (value: number): string => value.toPrecision(3);
  return `${name.padEnd(24)} ${digits(before).padStart(9)} → ${digits(after).padEnd(9)} ${by.padStart(7)}  ${verdict.padEnd(12)}  ${of}`;
}
