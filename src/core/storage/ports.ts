import type { Epoch, Zxid } from "../base/ids.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { StateEnd } from "./snapshot-file.ts";

/** A whole state at one zxid: the bytes that follow SNAP on a learner link, in pieces. */
export interface StoredSnapshot {
  readonly zxid: Zxid;
  readonly chunks: readonly Uint8Array[];
  /** Later transactions than `zxid` may be in it up to that one, in part; undefined: nobody knows. */
  readonly end: StateEnd | undefined;
  /** What the chunks make, where whoever gave them has it at hand: a tree that changes no more, from which each replica branches. */
  readonly tree?: unknown;
}

/**
 * A state as the bytes that follow SNAP, made piece by piece, between a peer's steps, while it goes on changing. Every transaction
 * up to `zxid` is in it; of later ones any part may be, so that they must be run over it again.
 */
export interface SnapshotSource {
  readonly zxid: Zxid;
  /** The state is none to go back to any more: nobody is to keep what there is of it. */
  readonly isAbandoned: boolean;
  /** undefined behind the last piece. */
  next(): Uint8Array | undefined;
  /** Behind the last piece, of the moment it was made. */
  end(): StateEnd;
}

/** All that survives a crash, as a peer finds it when it starts. */
export interface Recovered {
  /** The highest epoch promised (f.p in the Zab paper). */
  readonly acceptedEpoch: Epoch;
  /** The highest epoch whose leader's history was adopted (f.a). */
  readonly currentEpoch: Epoch;
  /** The text of the configuration that was in force last; undefined: that which the peer was started with. */
  readonly config?: string | undefined;
  readonly snapshot: StoredSnapshot | undefined;
  /** Entries above the snapshot's zxid, in order; to be read before anything else is asked of the store. */
  readonly log: Iterable<LogEntry>;
}

/** What can be looked at later, and more than once. */
export interface RecoveredWhole extends Recovered {
  readonly log: readonly LogEntry[];
}

/**
 * One peer's durable state, as the memory store, the disk and the simulated disk offer it to a driver. Calls are made in the
 * order of the peer's effects; what they do becomes durable in that order, at `flush`.
 */
export interface Store {
  recover(): Recovered;
  append(entry: LogEntry): void;
  /**
   * Forgets every entry above `after`. Nothing at all where the snapshot is above it: what the log holds has no beginning without
   * it, and the peer must keep what it acknowledged until it is given everything anew (decision 2).
   */
  truncate(after: Zxid): void;
  saveEpoch(which: "accepted" | "current", epoch: Epoch): void;
  /** What `recover` gives is the configuration in force alone: of the next one the history knows (decision 6). */
  saveConfig(text: string, next: string | undefined): void;
  /** Atomically replaces what the snapshot covers; with `replacesLog` the whole log is dropped, whatever its zxids. */
  saveSnapshot(snapshot: StoredSnapshot, replacesLog: boolean): void;
}
