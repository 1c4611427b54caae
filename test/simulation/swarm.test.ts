import { describe, expect, test } from "vitest";
import { Prng } from "../../src/core/base/prng.ts";
import { live, seedsFrom } from "./life.ts";
import { drawBig, drawPlan, ensembleOf, type Plan, short } from "./plan.ts";

// Each life is drawn from its seed: the kinds of faults that exist in it, then when they strike. SIM_FRESH=1000 leads as many
// lives of seeds that nobody has tried, instead of 300; a failure names its seed and the command that replays it.

/** Ten times what it takes: the machine may be busy. */
const timeout = 60_000;

/** So few of them may by chance be the quiet ones. */
const fewLives = 80;

/** Leads them, and sees that there was something to break: each committed something, most had requests, many a second leader. */
function lead(seeds: readonly string[], plan: Partial<Plan> = {}): void {
  const reports = seeds.map((seed) => ({ seed, ...live({ seed, plan, traceLines: 40 }) }));
  const idle = reports.filter(({ committed }) => committed === 0);
  expect(idle.map(({ seed }) => seed)).toEqual([]);
  if (reports.length < fewLives) return;
  const busy = reports.filter(({ operations }) => operations > 0);
  expect(busy.length / reports.length).toBeGreaterThan(0.5); // about 0.75, by the pace of the clients
  const deposed = reports.filter(({ epochs }) => epochs > 1);
  expect(deposed.length / reports.length).toBeGreaterThan(0.1); // about 0.35, by the kinds of faults
}

describe("peers keep Zab's invariants and recover", () => {
  test.each([0, 1, 2, 3, 4])("in 400 short lives of three peers, part %i", { timeout }, (part) => {
    lead(seedsFrom(part * 400, 400), { ...short, voters: 3 });
  });

  test("in 150 lives of one to seven peers", { timeout }, () => {
    lead(seedsFrom(0, 150));
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
    lead(seedsFrom(0, 100), { ...short, checksCodecs: true });
  });

  test("in 200 lives of sessions that begin as local ones", { timeout }, () => {
    lead(seedsFrom(0, 200), { ...short, localSessions: true });
  });

  test("in 80 lives in which peers join, leave and change their roles", { timeout }, () => {
    const reconfigs = { spares: 2, pauseMs: 200 };
    lead(seedsFrom(0, 80), { faultyMs: 800, reconfigs });
  });

  const fresh = Number(process.env["SIM_FRESH"] ?? 300);
  test(`in ${fresh} lives that nobody has led`, { timeout: 3_600_000 }, () => {
    const from = Math.floor(Math.random() * 1e9);
    console.log(`fresh lives: seeds ${from} to ${from + fresh - 1}`);
    lead(seedsFrom(from, fresh), short);
  });
});
