import { type Sid, sidOf } from "../../src/core/base/ids.ts";
import type { Prng } from "../../src/core/base/prng.ts";

/** What may befall a world. Each run draws first which of them exist at all: rare combinations come up that way. */
export const faultKinds = [
  "crash",
  "crashAtEffect",
  "crashLeader",
  "powerCut",
  "pause",
  "partition",
  "oneWay",
  "isolateLeader",
  "cutPair",
  "bridge",
  "ring",
  "cutClients",
  "reset",
  "resetPair",
  "slowDisk",
  "fullDisk",
  "stall",
  "slowLink",
  "wipeObserver",
  "expire",
  "skew",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/**
 * One fault of a life: of which kind, whom it strikes, and when: at a virtual millisecond, or where the protocol takes its nth turn.
 * All else about it is drawn from the seed and its own text, so a step does the same whichever others are left out.
 */
export interface FaultStep {
  readonly on: "ms" | "turn";
  readonly when: number;
  readonly kind: FaultKind;
  /** undefined: whoever takes the turn. */
  readonly sid: Sid | undefined;
}

/** Turns of a life, the most at which a fault is drawn. */
const turnsMax = 300;

export function drawFaultSteps(
  prng: Prng,
  sids: readonly Sid[],
  plan: {
    readonly faults: readonly FaultKind[];
    readonly faultyMs: number;
    readonly faultPauseMs: number;
    readonly faultsAtTurns: number;
  },
): readonly FaultStep[] {
  const { faults, faultyMs, faultPauseMs, faultsAtTurns } = plan;
  const steps: FaultStep[] = [];
  if (faults.length === 0) return steps;
  for (let at = prng.between(1, faultPauseMs); at < faultyMs; at += prng.between(1, faultPauseMs)) {
    steps.push({ on: "ms", when: at, kind: prng.pick(faults), sid: prng.pick(sids) });
  }
  if (faultsAtTurns === 0) return steps;
  for (let turn = 1; turn <= turnsMax; turn += 1) {
    if (!prng.chance(faultsAtTurns)) continue;
    const sid = prng.chance(0.6) ? undefined : prng.pick(sids);
    steps.push({ on: "turn", when: turn, kind: prng.pick(faults), sid });
  }
  return steps;
}

/** `120ms:crash:2`, `turn7:partition:self`. */
export function formatStep({ on, when, kind, sid }: FaultStep): string {
  return `${on === "ms" ? `${when}ms` : `turn${when}`}:${kind}:${sid ?? "self"}`;
}

export const formatSteps = (steps: readonly FaultStep[]): string => steps.map(formatStep).join(" ");

/** Reads what `formatSteps` writes; throws at anything else. */
export function parseSteps(text: string): readonly FaultStep[] {
  return text.split(" ").filter(Boolean).map(parseStep);
}

function parseStep(text: string): FaultStep {
  const parts = /^(?:(\d+)ms|turn(\d+)):(\w+):(\d+|self)$/.exec(text);
  const kind = faultKinds.find((known) => known === parts?.[3]);
  if (parts === null || kind === undefined) {
    throw new Error(`no fault step: "${text}"; they look like 120ms:crash:2 or turn7:reset:self`);
  }
  const [, ms, turn, , who] = parts;
  return {
    on: ms === undefined ? "turn" : "ms",
    when: Number(ms ?? turn),
    kind,
    sid: who === "self" ? undefined : sidOf(Number(who)),
  };
}
