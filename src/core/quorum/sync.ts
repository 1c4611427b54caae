import { counterOf, epochOf, type Zxid } from "../base/ids.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { CommittedLog } from "./history.ts";

/** How a learner is brought up to date: the packet, its zxid, and the committed entries to send after it. */
export interface SyncPlan {
  readonly kind: "DIFF" | "TRUNC" | "SNAP";
  readonly zxid: Zxid;
  readonly entries: readonly LogEntry[];
}

/**
 * How many learners are given a snapshot, or entries, at a time before an observer must wait (LearnerSyncThrottler). Followers
 * count and never wait: a quorum may need them.
 */
export interface SyncLimits {
  readonly snapshots: number;
  /** DIFF and TRUNC. */
  readonly diffs: number;
}

/** Apache's. */
export const defaultSyncLimits: SyncLimits = { snapshots: 10, diffs: 100 };

/**
 * Chooses DIFF, TRUNC (with or without entries behind it) or SNAP for a learner whose last logged zxid is `learner`
 * (LearnerHandler.syncFollower). `applied` is the leader's tree; all of it is history that the new epoch commits.
 */
export function chooseSync(learner: Zxid, applied: Zxid, committed: CommittedLog): SyncPlan {
  if (applied === learner) return { kind: "DIFF", zxid: learner, entries: [] };
  const max = committed.length === 0 ? applied : committed.max;
  const min = committed.length === 0 ? applied : committed.min;
  // A learner that knows an epoch but no transaction of it has nothing to lose: its zxid is not "unknown".
  const atEpochStart = counterOf(learner) === 0;
  if (learner > max && !atEpochStart) return { kind: "TRUNC", zxid: max, entries: [] };
  if (learner < min || learner > max) return snapshot(applied);
  return walk(learner, atEpochStart, max, committed) ?? snapshot(applied);
}

const snapshot = (applied: Zxid): SyncPlan => ({ kind: "SNAP", zxid: applied, entries: [] });

/** Finds the learner's place in the committed log (LearnerHandler.queueCommittedProposals). */
function walk(
  learner: Zxid,
  atEpochStart: boolean,
  max: Zxid,
  committed: CommittedLog,
): SyncPlan | undefined {
  const { zxids } = committed;
  const at = zxids.findIndex((zxid) => zxid >= learner);
  const next = zxids[at];
  const before = zxids[at - 1];
  const entries = (): LogEntry[] => [...committed.above(learner)];
  if (next === learner || atEpochStart) return { kind: "DIFF", zxid: max, entries: entries() };
  // The learner's last zxid is of a leader that failed: it lies between ours but is none of them. It can be cut off only where
  // both sides know what comes before it, which is certain inside one epoch alone.
  if (next === undefined || epochOf(next) !== epochOf(learner) || before === undefined) {
    return undefined;
  }
  return { kind: "TRUNC", zxid: before, entries: entries() };
}
