import { expect, test } from "vitest";
import { rowText, verdicts } from "../../../benchmarks/report/text.ts";
import type { Beside, Row } from "../../../benchmarks/row.ts";
import { figureOf } from "../../../benchmarks/statistics.ts";

const percentiles = { p50: 1, p99: 2, p999: 3 };
const row = (more: Partial<Row>): Row => ({
  name: "case",
  unit: "ms",
  ...figureOf([10, 10]),
  ...more,
});
const limit = (more: Partial<Beside>): Beside => ({
  name: "the limit",
  ratio: 2,
  ...figureOf([5, 5]),
  ...more,
});
/** The lines of a row, without what they are padded with. */
const lines = (of: Row): string[] =>
  rowText(of)
    .split("\n")
    .map((line) => line.trim().replaceAll(/ {2,}/g, "  "));

test("ours and a yardstick are told to p99.9", () => {
  expect(lines(row({ percentiles, beside: [limit({ percentiles })] }))).toEqual([
    "case  10.0 ms  spread 0 %  p50 1.00 ms, p99 2.00 ms, p99.9 3.00 ms",
    "2.0 × the limit  5.00 ms  p50 1.00 ms, p99 2.00 ms, p99.9 3.00 ms",
  ]);
});

test("one sample has no spread", () => {
  expect(lines(row(figureOf([10])))).toEqual(["case  10.0 ms"]);
});

test("a yardstick is noisy by its own rounds", () => {
  expect(lines(row({ beside: [limit(figureOf([5, 10]))] })).at(-1)).toBe(
    "noisy: the rounds of the limit lie 50 % apart",
  );
});

test("where the load could do no more, it is said whose figure that is", () => {
  const beside = [limit({ loadBusy: 0.97 })];
  expect(lines(row({ loadBusy: 0.89, beside })).at(-1)).toBe(
    "load-bound: the limit; the load took 97 % of a processor",
  );
  expect(lines(row({ loadBusy: 0.9 })).at(-1)).toBe(
    "load-bound: ours; the load took 90 % of a processor",
  );
});

test("a pause of over 50 ms misses, and is counted; one that does not is told alone", () => {
  const rows = [row({ pauseMs: 50 }), row({ name: "long", pauseMs: 51 })];
  expect(rows.map((one) => lines(one).at(-1))).toEqual([
    "longest pause of the event loop 50.0 ms",
    "longest pause of the event loop 51.0 ms  MISSES ≤ 50 ms",
  ]);
  expect(verdicts(rows)).toEqual({ held: 0, missed: ["long pause ≤ 50 ms"] });
});

test("a profile is told by areas, then by the functions that took most", () => {
  const profile = {
    areas: [{ of: "the tree", share: 0.5 }],
    hottest: [{ of: "find, src/core/tree/path-index.ts", share: 0.086 }],
  };
  expect(lines(row({ profile })).slice(1)).toEqual([
    "50.0 % the tree",
    "functions, without what they call:",
    "8.6 % find, src/core/tree/path-index.ts",
  ]);
});
