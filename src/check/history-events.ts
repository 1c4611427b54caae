// A history as it is recorded and kept: plain values that are JSON as they stand, one event a line, for any language to write.
import type { CreateMode } from "../client/index.ts";

/** 64 bits: hex text as Apache prints them, "0x100000003", or a bigint, or a number as long as that is exact (zxids are). */
export type Id64 = string | bigint | number;
/** Text stands for its UTF-8, any other bytes are base64; null is the absence of data. */
export type HistoryData = string | { readonly base64: string } | null;

/** What a client shows of a node's Stat; only what is given is judged. */
export interface HistoryStat {
  readonly czxid?: Id64;
  readonly mzxid?: Id64;
  readonly pzxid?: Id64;
  readonly version?: number;
  readonly cversion?: number;
  readonly aversion?: number;
  readonly ephemeralOwner?: Id64;
  readonly dataLength?: number;
  readonly numChildren?: number;
}

export type HistoryOp =
  | "create"
  | "get"
  | "set"
  | "delete"
  | "exists"
  | "children"
  | "getAcl"
  | "setAcl"
  | "sync"
  | "multi"
  | "close"
  /** What a library asks for when it is connected again: it waits on, for what changed after `since`. */
  | "setWatches"
  | "addWatch"
  | "removeWatches"
  /** Anything else: nothing is judged but its zxid. */
  | "other";

/** One of a multi. */
export interface HistoryMultiOp {
  readonly op: "create" | "set" | "delete" | "check";
  readonly path: string;
  readonly data?: HistoryData;
  /** Default −1: any. */
  readonly version?: number;
  readonly mode?: CreateMode;
}

/** A client asks: written before the request is sent. Paths are the server's, without any chroot taken off. */
export interface HistoryCall {
  readonly type: "call";
  readonly client: string;
  /** Names the call among those of its client. */
  readonly id: number;
  readonly op: HistoryOp;
  /** Default: the session of the client's last "connected". */
  readonly session?: Id64;
  /** The request's number on the wire, where it is known: it finds the transaction also of a write without an answer. */
  readonly xid?: number;
  readonly path?: string;
  readonly data?: HistoryData;
  /** Default −1: any. */
  readonly version?: number;
  readonly mode?: CreateMode;
  /** A watch is left with it; of addWatch, which kind. */
  readonly watch?: boolean | "persistent" | "persistentRecursive";
  readonly ops?: readonly HistoryMultiOp[];
  /** Of setWatches. */
  readonly since?: Id64;
  readonly watches?: {
    readonly data: readonly string[];
    readonly exist: readonly string[];
    readonly child: readonly string[];
  };
}

/** And is answered: written when the answer is there. A call without one may have been carried out. */
export interface HistoryReturn {
  readonly type: "return";
  readonly client: string;
  readonly id: number;
  /** As a call's, where it is known only now. */
  readonly xid?: number;
  /** Apache's name or number; after CONNECTIONLOSS, OPERATIONTIMEOUT and SESSIONEXPIRED nobody knows what became of a write. */
  readonly error?: string | number;
  /** Of the reply's header, where the client shows it: with it the answer is judged exactly. */
  readonly zxid?: Id64;
  readonly path?: string;
  readonly data?: HistoryData;
  readonly stat?: HistoryStat;
  readonly children?: readonly string[];
  /** Of a multi, one an op. */
  readonly results?: readonly {
    readonly error?: string | number;
    readonly path?: string;
    readonly stat?: HistoryStat;
  }[];
}

/** A client hears of a change. */
export interface HistoryWatch {
  readonly type: "watch";
  readonly client: string;
  readonly event: "created" | "deleted" | "dataChanged" | "childrenChanged";
  readonly path: string;
  readonly zxid?: Id64;
  /** The call whose watch it is, where each has a callback of its own; without it one event stands for all watches of the path. */
  readonly of?: number;
}

/** The client's state changes. */
export interface HistoryState {
  readonly type: "state";
  readonly client: string;
  readonly state: "connected" | "disconnected" | "expired" | "closed";
  /** Of "connected". */
  readonly session?: Id64;
  /** The session has asked for things before, which were not recorded. */
  readonly joined?: boolean;
}

export type HistoryEvent = HistoryCall | HistoryReturn | HistoryWatch | HistoryState;
