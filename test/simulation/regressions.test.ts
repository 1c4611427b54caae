import { expect, test } from "vitest";
import { parseSteps } from "./fault-steps.ts";
import { live } from "./life.ts";
import { regressions } from "./regressions.ts";

test.each(regressions)("seed $seed: $story", ({ seed, plan = {}, faults }) => {
  const faultSteps = faults === undefined ? {} : { faultSteps: parseSteps(faults) };
  expect(live({ seed, plan, ...faultSteps }).committed).toBeGreaterThan(0);
});
