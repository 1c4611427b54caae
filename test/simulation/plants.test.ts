import { describe, expect, test } from "vitest";
import { Violation } from "./checkers/violation.ts";
import { live, seedsFrom } from "./life.ts";
import { type Planted, planted } from "./plants.ts";

// Tests of the tests: a bug in the world around the peers must not go unnoticed.

/** The invariant that the first life in which the bug shows names. */
function hunt({ make, within, plan }: Planted): string {
  for (const seed of seedsFrom(0, within)) {
    try {
      live({ seed: `planted ${seed}`, plant: make(), plan: plan ?? {}, traceLines: 0 });
    } catch (error) {
      if (error instanceof Violation) return error.invariant;
      throw error;
    }
  }
  return "nothing";
}

describe("the checks find it when", () => {
  test.each(Object.entries(planted))("%s", (_name, bug) => {
    expect(bug.shows).toContain(hunt(bug));
  });
});
