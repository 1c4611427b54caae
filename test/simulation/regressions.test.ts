import { expect, test } from "vitest";
import { live } from "./life.ts";
import { regressions } from "./regressions.ts";

test.each(regressions)("seed $seed: $story", ({ seed }) => {
  expect(live({ seed }).committed).toBeGreaterThan(0);
});
