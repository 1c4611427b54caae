import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shrunk } from "../differential/shrink.ts";
import { Violation } from "./checkers/violation.ts";
import { type FaultStep, formatSteps } from "./fault-steps.ts";
import { Life, type LifeOptions, type LifeReport } from "./life.ts";

/** A life that broke an invariant, cut down to the faults that it takes. */
export interface Finding {
  readonly violation: Violation;
  /** Of those drawn, the fewest with which the same invariant breaks. */
  readonly faultSteps: readonly FaultStep[];
  readonly drawn: number;
  /** The whole trace of the life with those faults. */
  readonly timeline: readonly string[];
}

/** Lines of the trace that a timeline holds. */
const timelineLines = 200_000;

/** Leads a life; the report where it went well, else what broke. */
export function tryLife(options: LifeOptions): LifeReport | { life: Life; violation: Violation } {
  const life = new Life(options);
  try {
    return life.run();
  } catch (error) {
    if (error instanceof Violation) return { life, violation: error };
    throw error;
  }
}

/** Finds the smallest part of a failing life's faults that still breaks the same invariant, and what happens in it. */
export async function investigate(
  options: LifeOptions,
  { life, violation }: { life: Life; violation: Violation },
): Promise<Finding> {
  const breaksWith = (faultSteps: readonly FaultStep[]): boolean => {
    const outcome = tryLife({ ...options, faultSteps, traceLines: 0 });
    return "violation" in outcome && outcome.violation.invariant === violation.invariant;
  };
  const drawn = life.faultSteps;
  const faultSteps = breaksWith([]) ? [] : await shrunk(drawn, async (steps) => breaksWith(steps));
  const last = tryLife({ ...options, faultSteps, traceLines: timelineLines });
  if (!("violation" in last)) {
    throw new Error(`the life of seed ${options.seed} broke once and not again: it is no replay`);
  }
  return {
    violation: last.violation,
    faultSteps,
    drawn: drawn.length,
    timeline: last.life.world.trace.lines(),
  };
}

/** Writes the timeline to a file, and says where, what broke and how to see it again. */
export function tell(seed: string, finding: Finding): string {
  const folder = ".reports";
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `sim-${seed.replaceAll(/\W/g, "-")}.txt`);
  writeFileSync(file, `${finding.violation.message}\n\n${finding.timeline.join("\n")}\n`);
  const { faultSteps, drawn } = finding;
  return [
    finding.violation.message,
    `  faults   ${faultSteps.length} of ${drawn} are enough: ${formatSteps(faultSteps)}`,
    `  timeline ${file}`,
  ].join("\n");
}
