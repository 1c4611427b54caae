import { describe, expect, test } from "vitest";
import { live, seedsFrom } from "./life.ts";
import { short } from "./plan.ts";

// Each life is drawn from its seed: the kinds of faults that exist in it, then when they strike. SIM_FRESH=1000 adds as many seeds
// that nobody has tried; a failure names its seed and the command that replays it.

const lives = (seeds: readonly string[], plan = {}): number =>
  seeds.map((seed) => live({ seed, plan, traceLines: 40 })).length;

describe("peers keep Zab's invariants and recover", () => {
  test.each([0, 1, 2, 3])("in 500 short lives of three peers, part %i", (part) => {
    expect(lives(seedsFrom(part * 500, 500), { ...short, voters: 3 })).toBe(500);
  });

  test("in 200 lives of three to seven peers", () => {
    expect(lives(seedsFrom(0, 200))).toBe(200);
  });

  test("in lives whose every message passes through its codec", () => {
    expect(lives(seedsFrom(0, 100), { ...short, checksCodecs: true })).toBe(100);
  });

  const fresh = Number(process.env["SIM_FRESH"] ?? 0);
  test(`in ${fresh} fresh lives`, () => {
    const from = Math.floor(Math.random() * 1e9);
    expect(lives(seedsFrom(from, fresh))).toBe(fresh);
  }, 3_600_000);
});
