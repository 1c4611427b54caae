import type { Beginning } from "./beginning.ts";
import type { History } from "./history.ts";
import type { SyncLimits } from "./sync.ts";

export interface LeaderOptions extends Beginning {
  readonly history: History;
  /** The counter behind which an epoch's transactions begin: 0, but where an epoch is to be short. */
  readonly initialCounter: number;
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
