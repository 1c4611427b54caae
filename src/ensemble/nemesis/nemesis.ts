import type { Ensemble } from "../api.ts";
import type { Feature } from "../api-controls.ts";
import type {
  Nemesis,
  NemesisKind,
  NemesisOptions,
  NemesisPlan,
  NemesisRunOptions,
  NemesisStep,
} from "../api-nemesis.ts";
import type { Calls } from "../calls.ts";
import { Given } from "../given.ts";
import { isShared, sharedError } from "../shared.ts";
import { unsupportedCall } from "../unsupported.ts";
import { type Draw, drawSteps, type Field } from "./draw.ts";
import { type Pass, runSteps } from "./run.ts";
import { parseSteps, printSteps } from "./text.ts";

export interface NemesisControlOptions {
  readonly ensemble: Ensemble;
  readonly calls: Calls;
  /** Who there is at the moment. */
  readonly field: () => Field;
  readonly pass: Pass;
}

/** All that a plan may be drawn from. */
export const nemesisKinds: readonly NemesisKind[] = [
  "kill",
  "stop",
  "pause",
  "partition",
  "isolate",
  "slow",
  "reset",
  "disconnect",
  "skew",
  "slowDisk",
];
/** What an engine must support for a kind; the others are everywhere. */
const needs: Readonly<Partial<Record<string, Feature>>> = {
  skew: "clock",
  slowDisk: "storage-faults",
};

/** Plans over the public controls, so that one means the same on both engines. */
export class NemesisControl implements Nemesis {
  readonly #options: NemesisControlOptions;

  constructor(options: NemesisControlOptions) {
    this.#options = options;
  }

  plan(options: NemesisOptions = {}): Promise<NemesisPlan> {
    return this.#options.calls.run(() => {
      const draw = this.#read(options);
      const steps = drawSteps(this.#options.field(), draw);
      const { seed, everyMs, keepQuorum } = draw;
      const quorum = keepQuorum ? ", a quorum is kept" : "";
      const text = printSteps(steps, `seed ${JSON.stringify(seed)}, every ${everyMs} ms${quorum}`);
      return {
        steps,
        run: (how: NemesisRunOptions = {}) => this.#run(steps, how),
        toString: () => text,
      };
    });
  }

  async replay(text: string, options: NemesisRunOptions = {}): Promise<void> {
    await this.#run(parseSteps(text), options);
  }

  #read(options: NemesisOptions): Draw {
    const names = ["seed", "kinds", "everyMs", "steps", "keepQuorum"];
    const given = new Given("", options, { names });
    const { ensemble } = this.#options;
    const wanted = given.list("kinds");
    if (given.value("kinds") !== undefined && (wanted === undefined || wanted.length === 0)) {
      throw given.bad("kinds", "is no list of kinds", `kinds: ["kill", "partition"]`);
    }
    const chosen = wanted?.map((kind) => {
      return new Given("", { kinds: kind }, { names }).oneOf("kinds", "kill", nemesisKinds);
    });
    for (const kind of chosen ?? []) this.#needs(kind);
    return {
      seed: String(options.seed ?? ensemble.seed),
      kinds: chosen ?? nemesisKinds.filter((kind) => this.#has(kind)),
      everyMs: given.whole("everyMs", 200, { min: 1 }),
      steps: given.whole("steps", 20, { min: 1, max: 100_000 }),
      keepQuorum: given.flag("keepQuorum", true),
    };
  }

  #run(steps: readonly NemesisStep[], options: NemesisRunOptions): Promise<void> {
    return replaySteps(steps, options, this.#options);
  }

  #has(kind: string): boolean {
    return supportsKind(this.#options.ensemble, kind);
  }

  #needs(kind: string): void {
    needKind(this.#options.ensemble, kind);
  }
}

/** Takes the steps of a plan over an ensemble's public controls. */
export function replaySteps(
  steps: readonly NemesisStep[],
  options: NemesisRunOptions,
  { ensemble, calls, pass }: Omit<NemesisControlOptions, "field">,
): Promise<void> {
  return calls.run(async () => {
    new Given("", options, { names: ["onStep", "signal"] });
    for (const step of steps) needKind(ensemble, step.do);
    if (isShared(ensemble)) throw sharedError();
    await runSteps(ensemble, steps, { ...options, pass });
  });
}

function supportsKind(ensemble: Ensemble, kind: string): boolean {
  const feature = needs[kind];
  return feature === undefined || ensemble.supports(feature);
}

function needKind(ensemble: Ensemble, kind: string): void {
  if (supportsKind(ensemble, kind)) return;
  const { engine } = ensemble;
  throw unsupportedCall(`nemesis ${kind} on the engine "${engine}"`, `another of its kinds`);
}
