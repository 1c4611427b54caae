import type { Direction, Ms, PeerId } from "./api-controls.ts";

/**
 * What may befall an ensemble: a peer's crash, polite stop or freezing; a partition in two; one peer cut from the others, in either
 * or one direction; slow links of a peer; its connections, or only those of its clients, reset; its wall clock put forward or
 * back; a slow disk. All but the resets last until a later step ends them.
 */
export type NemesisKind =
  | "kill"
  | "stop"
  | "pause"
  | "partition"
  | "isolate"
  | "slow"
  | "reset"
  | "disconnect"
  | "skew"
  | "slowDisk";

export interface NemesisOptions {
  /** Default: the ensemble's. The same seed and options draw the same plan for the same peers. */
  seed?: number | string;
  /** Default: all that the engine supports. */
  kinds?: readonly NemesisKind[];
  /** Milliseconds of the ensemble's time between two steps, on average. Default 200. */
  everyMs?: Ms;
  /** How many steps are drawn; those that end at last what still lasts come on top. Default 20. */
  steps?: number;
  /** At every moment a quorum of voters runs, and no fault parts them from each other. Default true. */
  keepQuorum?: boolean;
}

export type NemesisAction =
  | {
      readonly do: "kill" | "stop" | "start" | "pause" | "resume" | "reset" | "disconnect";
      readonly peer: PeerId;
    }
  | { readonly do: "partition"; readonly sides: readonly (readonly PeerId[])[] }
  | { readonly do: "isolate"; readonly peer: PeerId; readonly direction: Direction }
  | { readonly do: "slow" | "skew" | "slowDisk"; readonly peer: PeerId; readonly ms: Ms }
  /** Ends what that step began. */
  | { readonly do: "undo"; readonly step: number };
/** `at`: in milliseconds of the ensemble's time from the beginning of the run. */
export type NemesisStep = NemesisAction & { readonly no: number; readonly at: Ms };

export interface NemesisRunOptions {
  /** Called after each step, and waited for: the place to look, or to break. */
  onStep?: (step: NemesisStep) => unknown;
  /** Ends the run before the next step, and what it began, with the signal's reason. */
  signal?: AbortSignal;
}
export interface NemesisPlan {
  readonly steps: readonly NemesisStep[];
  /** Takes step after step; the last ones end whatever lasts and bring every peer back, and it resolves when they serve. */
  run(options?: NemesisRunOptions): Promise<void>;
  /** A line a step, to be kept with a failed test and given to `nemesis.replay`, whole or with lines left out. */
  toString(): string;
}

/** Random faults from a seed. */
export interface Nemesis {
  /**
   * @example
   * const plan = await ensemble.nemesis.plan({ kinds: ["kill", "partition"], steps: 10 });
   * console.log(String(plan));
   * await plan.run(); // under the load that is to survive it
   */
  plan(options?: NemesisOptions): Promise<NemesisPlan>;
  /** Runs a plan as it was printed. */
  replay(text: string, options?: NemesisRunOptions): Promise<void>;
}
