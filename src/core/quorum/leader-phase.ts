/** What a leader waits for; see there. */
export type LeaderPhase =
  | "discovery"
  | "savingAccepted"
  | "promises"
  | "savingCurrent"
  | "adoption"
  | "broadcast";
