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
  readonly trace: readonly string[];
  /** The same as an ensemble's timeline: peers as lanes, faults as bands, messages as arrows. */
  readonly timelines: { readonly text: string; readonly html: string };
}

/** Lines of the trace of the trace that are kept. */
const traceLines = 200_000;

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
  const last = tryLife({ ...options, faultSteps, traceLines, records: true });
  if (!("violation" in last)) {
    throw new Error(`the life of seed ${options.seed} broke once and not again: it is no replay`);
  }
  return {
    violation: last.violation,
    faultSteps,
    drawn: drawn.length,
    trace: last.life.world.trace.lines(),
    timelines: last.life.recorder?.timelines() ?? { text: "", html: "" },
  };
}

/** Writes trace and timelines to files, and says where, what broke and how to see it again. */
export function tell(seed: string, finding: Finding): string {
  const folder = ".reports";
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `sim-${seed.replaceAll(/\W/g, "-")}`);
  const { violation, trace, timelines } = finding;
  writeFileSync(`${file}.txt`, `${violation.message}\n\n${trace.join("\n")}\n`);
  writeFileSync(`${file}.timeline.txt`, `${timelines.text}\n`);
  writeFileSync(`${file}.html`, timelines.html);
  const { faultSteps, drawn } = finding;
  return [
    finding.violation.message,
    `  faults   ${faultSteps.length} of ${drawn} are enough: ${formatSteps(faultSteps)}`,
    `  timeline ${file}.html, ${file}.timeline.txt; every step and effect in ${file}.txt`,
  ].join("\n");
}
