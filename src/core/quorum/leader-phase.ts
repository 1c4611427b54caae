import type { Beginning } from "./beginning.ts";
import type { History } from "./history.ts";
import type { SyncLimits } from "./sync.ts";

export interface LeaderOptions extends Beginning {
  readonly history: History;
  /** The counter at which an epoch ends: no transaction uses it. */
  readonly counterMax: number;
  readonly syncLimits: SyncLimits;
}

/** What a leader waits for; see there. */
export type LeaderPhase =
  | "discovery"
  | "savingAccepted"
  | "promises"
  | "savingCurrent"
  | "adoption"
  | "broadcast";
