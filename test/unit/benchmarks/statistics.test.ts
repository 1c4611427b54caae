import { expect, test } from "vitest";
import { LatencyHistogram } from "../../../benchmarks/histogram.ts";
import { median, pairedRatio, quantile, spread } from "../../../benchmarks/statistics.ts";

test.each([
  { values: [3, 1, 2], q: 0.5, is: 2 },
  { values: [4, 1, 3, 2], q: 0.5, is: 3 },
  { values: [5], q: 0.99, is: 5 },
  { values: [1, 2, 3, 4], q: 1, is: 4 },
])("the $q quantile of $values is $is", ({ values, q, is }) => {
  expect(quantile(values, q)).toBe(is);
});

test("nothing has no median", () => {
  expect(median([])).toBeNaN();
});

test("rounds lie as far apart as the largest from the smallest, by their median", () => {
  expect([spread([90, 100, 120]), spread([7])]).toEqual([0.3, 0]);
});

test("a ratio is of each round with its fellow, so that a slow minute for both counts for nothing", () => {
  expect(pairedRatio([50, 5, 51], [100, 10, 100])).toBe(0.5);
});

test.each([
  { of: "p50", ms: 0.0412 },
  { of: "p99", ms: 7.31 },
  { of: "p999", ms: 1234 },
] as const)("$of of a histogram is exact to three digits, also at $ms ms", ({ of, ms }) => {
  const histogram = new LatencyHistogram();
  histogram.record(0.0412, 985);
  histogram.record(7.31, 13);
  histogram.record(1234, 2);
  const error = Math.abs(histogram.percentiles[of] / ms - 1);
  expect(error).toBeLessThan(0.001);
});

test("a histogram from another process is added whole", () => {
  const there = new LatencyHistogram();
  there.record(2, 10);
  const here = new LatencyHistogram();
  here.record(1, 9);
  here.add(there.encode());
  expect(here.percentiles.p50).toBeCloseTo(2, 2);
});
