import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";

/** A taste of `npm run fuzz:protocol`, other seeds than its first ones. */
const seeds = ["ci-1", "ci-2"];

test.each(seeds)(
  "strangers do no harm, whatever they send (seed %s)",
  async (seed) => {
    const { faults, inputs } = await fuzz({ seed, inputs: 30_000 });
    expect(faults).toEqual([]);
    expect(inputs).toBeGreaterThanOrEqual(30_000);
  },
  120_000,
);
