import { expect, test } from "vitest";
import { live, seedsFrom } from "./life.ts";
import { short } from "./plan.ts";

test.each(seedsFrom(0, 40))("seed %s leaves the same trace twice", (seed) => {
  expect(live({ seed, plan: short })).toEqual(live({ seed, plan: short }));
});

test("another seed leaves another trace", () => {
  const hashes = seedsFrom(0, 20).map((seed) => live({ seed, plan: short }).hash);
  expect(new Set(hashes).size).toBe(20);
});
