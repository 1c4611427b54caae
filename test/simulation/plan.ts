import { counterMax } from "../../src/core/base/ids.ts";
import type { Prng } from "../../src/core/base/prng.ts";
import { defaultSyncLimits, type SyncLimits } from "../../src/core/quorum/sync.ts";
import type { QuorumTiming } from "../../src/core/quorum/timing.ts";
import type { Latency } from "../../src/sim/network.ts";
import type { ClientHabits } from "./client.ts";
import { type FaultKind, faultKinds } from "./fault-steps.ts";
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
  /** Behind which an epoch's transactions begin; one that is short of zxids is soon over. */
  readonly initialCounter: number;
  readonly syncLimits: SyncLimits;
  /** Transactions between two snapshots. */
  readonly snapCount: number;
  /** Bytes of a write's data: large ones make snapshots of several pieces. */
  readonly dataBytes: number;
  /** The life goes on until every session has expired. */
  readonly outlivesSessions: boolean;
  readonly checksCodecs: boolean;
  /** Sessions begin as local ones, and their first ephemeral makes them the quorum's. */
  readonly localSessions: boolean;
  /** Clients set watches that stay, too. */
  readonly lastingWatches: boolean;
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

/** Each part from a stream of its own: one more draw, or another choice, leaves all the others as they were. */
export function drawPlan(prng: Prng): Plan {
  const pick = <T>(part: string, from: readonly T[]): T => prng.split(part).pick(from);
  const chance = (part: string, likelihood: number): boolean => prng.split(part).chance(likelihood);
  return {
    voters: pick("voters", [3, 3, 3, 3, 3, 3, 3, 3, 1, 2, 4, 5, 5, 6, 7]),
    observers: pick("observers", [0, 0, 0, 0, 1, 2]),
    counting: pick("counting", [...majorities, "groups", "weights"]),
    clients: pick("clients", [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 8]),
    faultyMs: pick("faultyMs", [800, 1500, 1500, 3000]),
    startWithinMs: pick("startWithinMs", [0, 10, 300]),
    limits: chance("limits", 0.2) ? { tickTime: 100, initLimit: 5, syncLimit: 2 } : timing,
    latency: pick("latency", latencies),
    syncing: pick("syncing", syncings),
    lateness: pick("lateness", [
      { from: 0, to: 0 },
      { from: 0, to: 0 },
      { from: 0, to: 30 },
    ]),
    faults: drawKinds(prng.split("faults")),
    faultPauseMs: pick("faultPauseMs", [30, 100, 300, 300, 1000]),
    faultLastMs: pick("faultLastMs", [50, 300, 1000]),
    faultsAtTurns: pick("faultsAtTurns", [0, 0.01, 0.03, 0.1]),
    habits: {
      sessionTimeout: pick("sessionTimeout", [200, 500, 1500]),
      thinkMs: pick("thinkMs", [3, 10, 40, 200]),
      inFlightMax: pick("inFlightMax", [1, 4, 10]),
      silence: pick("silence", [0, 0, 0.02]),
      restlessness: pick("restlessness", [0, 0.01, 0.05]),
    },
    // By the name that the draw began with: another would give known seeds other lives.
    initialCounter: chance("counterMax", 0.1) ? counterMax - 30 : 0,
    syncLimits: chance("syncLimits", 0.2) ? { snapshots: 1, diffs: 1 } : defaultSyncLimits,
    snapCount: pick("snapCount", [5, 30, 100_000]),
    dataBytes: chance("dataBytes", 0.04) ? 30_000 : 4,
    outlivesSessions: chance("outlivesSessions", 0.25),
    checksCodecs: chance("checksCodecs", 0.1),
    localSessions: chance("localSessions", 0.1),
    lastingWatches: chance("lastingWatches", 0.5),
    reconfigs: chance("reconfigs", 0.25)
      ? { spares: pick("spares", [0, 1, 2, 3]), pauseMs: pick("pauseMs", [50, 200, 600]) }
      : undefined,
  };
}

/** Which faults exist in a life: few kinds at a time go deeper than all of them at once. */
function drawKinds(prng: Prng): readonly FaultKind[] {
  if (prng.chance(0.3)) return [prng.pick(faultKinds), prng.pick(faultKinds)];
  const likelihood = prng.pick([0.1, 0.2, 0.4]);
  return faultKinds.filter((kind) => prng.split(kind).chance(likelihood));
}

/** A life short enough to lead thousands of in a test run. */
export const short: Partial<Plan> = {
  faultyMs: 600,
  observers: 0,
  clients: 2,
};

/** The smallest life that still elects, syncs, crashes and recovers: what `--small` leads. */
export const small: Partial<Plan> = {
  voters: 3,
  observers: 0,
  counting: "majority",
  clients: 1,
  faultyMs: 300,
  startWithinMs: 10,
  outlivesSessions: false,
  checksCodecs: false,
  dataBytes: 4,
  reconfigs: undefined,
};

/** The largest lives, drawn from a stream of their own: five or seven voters with observers, many clients, and more time. */
export function drawBig(prng: Prng): Partial<Plan> {
  return {
    voters: prng.pick([5, 7, 7]),
    observers: prng.pick([1, 1, 2, 3]),
    clients: prng.pick([3, 8]),
    faultyMs: prng.pick([3000, 6000]),
    // With fewer, so many clients end each epoch before the last of so many peers has joined it (seed 3000089).
    initialCounter: prng.chance(0.1) ? counterMax - 1000 : 0,
  };
}

/** `7+2`: seven voters, two observers. */
export const ensembleOf = ({ voters, observers }: Plan): string =>
  observers === 0 ? String(voters) : `${voters}+${observers}`;
