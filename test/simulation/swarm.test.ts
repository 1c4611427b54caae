import { describe, expect, test } from "vitest";
import { Prng } from "../../src/core/base/prng.ts";
import { live, seedsFrom } from "./life.ts";
import { drawBig, drawPlan, ensembleOf, short } from "./plan.ts";

// Each life is drawn from its seed: the kinds of faults that exist in it, then when they strike. SIM_FRESH=1000 leads as many
// lives of seeds that nobody has tried, instead of 300; a failure names its seed and the command that replays it.

/** Ten times what it takes: the machine may be busy. */
const timeout = 60_000;

const lives = (seeds: readonly string[], plan = {}): number =>
  seeds.map((seed) => live({ seed, plan, traceLines: 40 })).length;

describe("peers keep Zab's invariants and recover", () => {
  test.each([0, 1, 2, 3, 4])("in 400 short lives of three peers, part %i", { timeout }, (part) => {
    expect(lives(seedsFrom(part * 400, 400), { ...short, voters: 3 })).toBe(400);
  });

  test("in 150 lives of one to seven peers", { timeout }, () => {
    expect(lives(seedsFrom(0, 150))).toBe(150);
  });

  test("in 8 lives of five or seven voters with observers", { timeout }, () => {
    for (const seed of seedsFrom(0, 8)) {
      const big = drawBig(new Prng(seed).split("big"));
      live({ seed, plan: { ...big, faultyMs: 600 }, traceLines: 40 });
    }
  });

  test("and lives of each size, with observers, are drawn where nothing is given", () => {
    const drawn = new Set(
      seedsFrom(0, 2000).map((seed) => ensembleOf(drawPlan(new Prng(seed).split("plan")))),
    );
    for (const voters of [1, 2, 3, 4, 5, 6, 7]) {
      for (const size of [`${voters}`, `${voters}+1`, `${voters}+2`]) expect(drawn).toContain(size);
    }
  });

  test("in 100 lives whose every message passes through its codec", { timeout }, () => {
    expect(lives(seedsFrom(0, 100), { ...short, checksCodecs: true })).toBe(100);
  });

  test("in 200 lives of sessions that begin as local ones", { timeout }, () => {
    expect(lives(seedsFrom(0, 200), { ...short, localSessions: true })).toBe(200);
  });

  test("in 80 lives in which peers join, leave and change their roles", { timeout }, () => {
    const reconfigs = { spares: 2, pauseMs: 200 };
    expect(lives(seedsFrom(0, 80), { faultyMs: 800, reconfigs })).toBe(80);
  });

  const fresh = Number(process.env["SIM_FRESH"] ?? 300);
  test(`in ${fresh} lives that nobody has led`, { timeout: 3_600_000 }, () => {
    const from = Math.floor(Math.random() * 1e9);
    console.log(`fresh lives: seeds ${from} to ${from + fresh - 1}`);
    expect(lives(seedsFrom(from, fresh), short)).toBe(fresh);
  });
});
