// The committed log as plain data.
import type { Ms } from "./api-controls.ts";

/** What was committed, and the state that it goes on from. */
export interface TransactionLog {
  /** The transactions are those above this zxid; 0n: all that there ever were. */
  readonly from: bigint;
  /** The state at `from`: nodes, parents first, and the sessions alive; none where `from` is 0n. */
  readonly nodes: readonly StoredNode[];
  readonly sessions: readonly bigint[];
  /** Oldest first. */
  readonly transactions: readonly Transaction[];
}

/** A node as it is stored: `cversion` counts the children ever created. */
export interface StoredNode {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly czxid: bigint;
  readonly mzxid: bigint;
  readonly pzxid: bigint;
  readonly ctime: Ms;
  readonly mtime: Ms;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  /** The session that it dies with, or 0n. */
  readonly ephemeralOwner: bigint;
}

/** A decided request. */
export interface Transaction extends TransactionPart {
  readonly zxid: bigint;
  /** Signed, as on the wire; 0n: the ensemble's own. */
  readonly session: bigint;
  /** The request's number in its session. */
  readonly cxid: number;
  /** The wall clock of the leader, in milliseconds since 1970. */
  readonly time: Ms;
}

/** What is done, without who and when; of a multi, one of its elements. */
export interface TransactionPart {
  /** As in `commit` events: "create", "setData", "delete", "multi", "createSession", "error", … */
  readonly op: string;
  readonly path?: string;
  readonly data?: Uint8Array | null;
  /** Of the node afterwards; of "check", the expected one plus 1. */
  readonly version?: number;
  /** Of a create: the node dies with its session. */
  readonly ephemeral?: boolean;
  /** Of "error": why nothing was done, by Apache's name. */
  readonly error?: string;
  /** Of "closeSession": what goes with it; undefined: as many as there are. */
  readonly paths?: readonly string[];
  /** Of "multi". */
  readonly parts?: readonly TransactionPart[];
}
