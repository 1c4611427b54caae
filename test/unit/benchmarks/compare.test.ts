import { expect, test } from "vitest";
import { changes } from "../../../benchmarks/report/compare.ts";
import type { Row, Unit } from "../../../benchmarks/row.ts";
import { figureOf, pairedRatio } from "../../../benchmarks/statistics.ts";

function row(unit: Unit, rounds: readonly number[], limits?: readonly number[]): Row {
  const beside =
    limits === undefined
      ? []
      : [{ name: "the limit", ratio: pairedRatio(rounds, limits), ...figureOf(limits) }];
  return { name: "case", unit, ...figureOf(rounds), beside };
}

const verdict = (before: Row, after: Row): string | undefined =>
  changes([before], [after])[0]?.verdict;

test.each([
  {
    story: "more a second is better",
    unit: "requests/s",
    before: [10, 11, 12],
    after: [20, 21, 22],
    is: "better",
  },
  {
    story: "fewer a second is worse",
    unit: "requests/s",
    before: [20, 21, 22],
    after: [10, 11, 12],
    is: "worse",
  },
  {
    story: "a shorter time is better",
    unit: "ms",
    before: [20, 21, 22],
    after: [10, 11, 12],
    is: "better",
  },
  {
    story: "more bytes are worse",
    unit: "bytes",
    before: [10, 10, 10],
    after: [20, 20, 20],
    is: "worse",
  },
  {
    story: "rounds that overlap tell nothing",
    unit: "ms",
    before: [10, 20, 30],
    after: [15, 25, 35],
    is: "within noise",
  },
  {
    story: "a change of a few percent is none",
    unit: "ms",
    before: [100, 100, 100],
    after: [103, 103, 103],
    is: "within noise",
  },
] as const)("$story", ({ unit, before, after, is }) => {
  expect(verdict(row(unit, before), row(unit, after))).toBe(is);
});

test("what a noisy run says has to be loud", () => {
  const before = row("ms", [100, 100, 100]);
  const after = { ...row("ms", [120, 120, 120]), waiting: 0.5 };
  const far = { ...row("ms", [150, 150, 150]), waiting: 0.5 };
  expect([verdict(before, after), verdict(before, far)]).toEqual(["within noise", "worse"]);
});

test("a machine of half the speed changes nothing beside the limit", () => {
  const before = row("requests/s", [50, 51, 52], [100, 100, 100]);
  const after = row("requests/s", [25, 26, 26], [50, 51, 51]);
  expect(changes([before], [after])).toMatchObject([
    { of: "ratio to the limit", verdict: "within noise" },
  ]);
});

test("a yardstick that one run has not leaves the figures themselves", () => {
  const before = row("requests/s", [50, 51, 52], [100, 100, 100]);
  const after = row("requests/s", [50, 51, 52]);
  expect(changes([before], [after])).toMatchObject([{ of: "requests/s" }]);
});

test("cases that only one run has are not compared", () => {
  expect(changes([{ ...row("ms", [1]), name: "old" }], [row("ms", [1])])).toEqual([]);
});
