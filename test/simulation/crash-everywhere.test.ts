import { expect, test } from "vitest";
import type { Effect } from "../../src/core/server/effects.ts";
import type { Host } from "../../src/sim/host.ts";
import type { World } from "../../src/sim/world.ts";
import { live } from "./life.ts";
import type { Plan } from "./plan.ts";

// One small story with nothing in it left to chance but the crash: at its first effect, at its second, … until a run is untouched.

const story: Partial<Plan> = {
  voters: 3,
  observers: 0,
  clients: 1,
  faults: [],
  faultyMs: 190,
  startWithinMs: 0,
  latency: { from: 1, to: 2 },
  syncing: { from: 1, to: 2 },
  snapCount: 5,
  checksCodecs: false,
  habits: { sessionTimeout: 500, thinkMs: 6, inFlightMax: 3, silence: 0, restlessness: 0.02 },
};

/** Ten times what it takes: the machine may be busy. */
const timeout = 60_000;

type Strike = (host: Host, effect: Effect, world: World) => "crash" | undefined;

/** Runs the story with a crash at the nth effect; false when it has no nth effect. */
function crashAt(n: number, crash: (host: Host, world: World) => "crash" | undefined): boolean {
  let count = 0;
  const strike: Strike = (host, _effect, world) => {
    count += 1;
    return count === n ? crash(host, world) : undefined;
  };
  live({ seed: "crash everywhere", plan: story, strike });
  return count >= n;
}

function crashOne(host: Host, world: World): "crash" {
  world.schedule.after(40, () => host.start());
  return "crash";
}

/** The power fails for all. */
function crashAll(host: Host, world: World): "crash" {
  for (const other of world.hosts.values()) {
    world.schedule.after(40, () => other.start());
    if (other !== host) other.crash();
  }
  return "crash";
}

test("a peer may crash at any effect", { timeout }, () => {
  let n = 1;
  while (crashAt(n, crashOne)) n += 1;
  expect(n).toBeGreaterThan(200);
});

test("all peers may crash at any effect of one", { timeout }, () => {
  let n = 1;
  while (crashAt(n, crashAll)) n += 1;
  expect(n).toBeGreaterThan(200);
});

test("a peer may crash, and while the others recover another may", { timeout }, () => {
  let struckTwice = 0;
  for (let n = 60; n < 400; n += 17) {
    for (let gap = 1; gap < 120; gap += 19) {
      let count = 0;
      const strike: Strike = (host, _effect, world) => {
        count += 1;
        return count === n || count === n + gap ? crashOne(host, world) : undefined;
      };
      live({ seed: "crash twice", plan: story, strike });
      if (count >= n + gap) struckTwice += 1;
    }
  }
  expect(struckTwice).toBeGreaterThan(100); // of 140: a shorter story would have nothing left to strike at
});
