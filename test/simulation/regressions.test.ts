import { expect, test } from "vitest";
import { parseSteps } from "./fault-steps.ts";
import { tryLife } from "./hunt.ts";
import { type LifeOptions, live } from "./life.ts";
import { type Regression, regressions } from "./regressions.ts";
import { undoneMends } from "./undone-mends.ts";

function optionsOf({ seed, plan, faults, undone }: Regression): LifeOptions {
  const planOfBug = undone === undefined ? {} : undoneMends[undone].plan;
  const faultSteps = faults === undefined ? {} : { faultSteps: parseSteps(faults) };
  return { seed, plan: { ...planOfBug, ...plan }, ...faultSteps };
}

test.each(regressions)("seed $seed: $story", (row) => {
  expect(live(optionsOf(row)).committed).toBeGreaterThan(0);
});

const mended = regressions.filter(({ undone }) => undone !== undefined);

test.each(mended)("and without its mend seed $seed breaks: $undone", (row) => {
  if (row.undone === undefined) throw new Error("a row without a mend");
  const bug = undoneMends[row.undone];
  const outcome = tryLife({ ...optionsOf(row), plant: bug.make() });
  expect(bug.shows).toContain("violation" in outcome ? outcome.violation.invariant : "nothing");
});
