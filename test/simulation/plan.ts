import type { Prng } from "../../src/core/base/prng.ts";
import type { QuorumTiming } from "../../src/core/quorum/timing.ts";
import type { Latency } from "../../src/sim/network.ts";
import type { ClientHabits } from "./client.ts";
import { type FaultKind, faultKinds } from "./faults.ts";
import { type Counting, timing } from "./peers.ts";

/** What kind of life a seed leads: drawn before anything happens in it. */
export interface Plan {
  readonly voters: number;
  readonly observers: number;
  readonly counting: Counting;
  readonly clients: number;
  /** Virtual milliseconds until everything is healed. */
  readonly faultyMs: number;
  readonly startWithinMs: number;
  readonly limits: QuorumTiming;
  readonly latency: Latency;
  readonly syncing: Latency;
  readonly lateness: Latency;
  readonly faults: readonly FaultKind[];
  readonly faultPauseMs: number;
  readonly faultLastMs: number;
  readonly faultsAtTurns: number;
  readonly habits: ClientHabits;
  /** Transactions between two snapshots. */
  readonly snapCount: number;
  /** Bytes of a write's data: large ones make snapshots of several pieces. */
  readonly dataBytes: number;
  /** The life goes on until every session has expired. */
  readonly outlivesSessions: boolean;
  readonly checksCodecs: boolean;
  /** Sessions begin as local ones, and their first ephemeral makes them the quorum's. */
  readonly localSessions: boolean;
  /** Peers that belong to nobody at first, and milliseconds between two reconfigurations, at most; undefined: there are none. */
  readonly reconfigs: { readonly spares: number; readonly pauseMs: number } | undefined;
}

const latencies: readonly Latency[] = [
  { from: 0, to: 0 },
  { from: 0, to: 2 },
  { from: 1, to: 5 },
  { from: 0, to: 20 },
  { from: 5, to: 60 },
];
const syncings: readonly Latency[] = [
  { from: 0, to: 0 },
  { from: 0, to: 2 },
  { from: 0, to: 10 },
  { from: 5, to: 50 },
];

const majorities: readonly Counting[] = Array.from({ length: 8 }, () => "majority");

export function drawPlan(prng: Prng): Plan {
  const likelihood = prng.pick([0.1, 0.2, 0.4]);
  return {
    voters: prng.pick([3, 3, 3, 3, 3, 3, 3, 3, 1, 2, 4, 5, 5, 6, 7]),
    observers: prng.pick([0, 0, 0, 0, 1, 2]),
    counting: prng.pick([...majorities, "groups", "weights"]),
    clients: prng.between(1, 3),
    faultyMs: prng.pick([800, 1500, 1500, 3000]),
    startWithinMs: prng.pick([0, 10, 300]),
    limits: prng.chance(0.2) ? { tickTime: 100, initLimit: 5, syncLimit: 2 } : timing,
    latency: prng.pick(latencies),
    syncing: prng.pick(syncings),
    lateness: prng.pick([
      { from: 0, to: 0 },
      { from: 0, to: 0 },
      { from: 0, to: 30 },
    ]),
    // Few kinds at a time go deeper than all of them at once.
    faults: prng.chance(0.3)
      ? [prng.pick(faultKinds), prng.pick(faultKinds)]
      : faultKinds.filter(() => prng.chance(likelihood)),
    faultPauseMs: prng.pick([30, 100, 300, 300, 1000]),
    faultLastMs: prng.pick([50, 300, 1000]),
    faultsAtTurns: prng.pick([0, 0.01, 0.03, 0.1]),
    habits: {
      sessionTimeout: prng.pick([200, 500, 1500]),
      thinkMs: prng.pick([3, 10, 40, 200]),
      inFlightMax: prng.pick([1, 4, 10]),
      silence: prng.pick([0, 0, 0.02]),
      restlessness: prng.pick([0, 0.01, 0.05]),
    },
    snapCount: prng.pick([5, 30, 100_000]),
    dataBytes: prng.chance(0.04) ? 30_000 : 4,
    outlivesSessions: prng.chance(0.25),
    checksCodecs: prng.chance(0.1),
    localSessions: prng.chance(0.1),
    reconfigs: prng.chance(0.25)
      ? { spares: prng.pick([0, 1, 2, 3]), pauseMs: prng.pick([50, 200, 600]) }
      : undefined,
  };
}

/** A life short enough to lead thousands of in a test run. */
export const short: Partial<Plan> = {
  faultyMs: 600,
  observers: 0,
};
