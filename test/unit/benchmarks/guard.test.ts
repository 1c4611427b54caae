import { expect, test } from "vitest";
import { type Cost, costOf, losses } from "../../../benchmarks/report/guard.ts";
import type { Row, Unit } from "../../../benchmarks/row.ts";
import { figureOf } from "../../../benchmarks/statistics.ts";

interface Measured {
  readonly unit: Unit;
  readonly ratio: number;
  readonly cpu: readonly number[];
  readonly limitCpu: readonly number[];
}

const row = ({ unit, ratio, cpu, limitCpu }: Measured): Row => ({
  name: "case",
  unit,
  ...figureOf([1]),
  cpuRounds: cpu,
  beside: [{ name: "the limit", ratio, ...figureOf([1]), cpuRounds: limitCpu }],
});

const latency = (ratio: number, cpu: number): Row =>
  row({ unit: "ms", ratio, cpu: [cpu], limitCpu: [1] });
const lost = (measured: Row, was: Cost): string[] =>
  losses([measured], { at: "", node: "", costs: { case: was } }).map(({ name }) => name);

test("a cost is of the best round of each, which other work disturbed least", () => {
  const measured = row({ unit: "requests/s", ratio: 0.1, cpu: [30, 20, 90], limitCpu: [4, 2, 3] });
  expect(costOf(measured)).toEqual({ processor: 10 });
});

test("of one in flight the time counts as well", () => {
  expect(costOf(latency(5, 8))).toEqual({ processor: 8, time: 5 });
});

test("what was not measured beside the limit has no cost, and is no loss", () => {
  const alone: Row = { name: "case", unit: "ms", ...figureOf([1]) };
  expect(costOf(alone)).toBeUndefined();
  expect(lost(alone, { time: 1 })).toEqual([]);
});

test.each([
  { story: "both beyond the margin are a loss", time: 11, processor: 17, is: ["case"] },
  { story: "a time that processor time does not explain is noise", time: 11, processor: 8, is: [] },
  { story: "processor time that takes no time is noise", time: 5, processor: 17, is: [] },
  { story: "both within the margin are no loss", time: 9, processor: 15, is: [] },
])("$story", ({ time, processor, is }) => {
  expect(lost(latency(time, processor), { time: 5, processor: 8 })).toEqual(is);
});

test.each([
  { cpu: 35, is: [] },
  { cpu: 45, is: ["case"] },
])("of many in flight the margin is wider: $cpu beside 10", ({ cpu, is }) => {
  const measured = row({ unit: "requests/s", ratio: 0.1, cpu: [cpu], limitCpu: [1] });
  expect(lost(measured, { processor: 10 })).toEqual(is);
});

test("a case that the baseline does not know is no loss", () => {
  expect(losses([latency(99, 99)], { at: "", node: "", costs: {} })).toEqual([]);
});

test("a figure that a system does not tell is not held against", () => {
  const measured = row({ unit: "ms", ratio: 11, cpu: [], limitCpu: [] });
  expect(costOf(measured)).toEqual({ time: 11 });
  expect(lost(measured, { time: 5, processor: 8 })).toEqual(["case"]);
});
