import type { SessionId, Sid, Zxid } from "../base/ids.ts";

/** One end of a link: a peer, or all that is no peer. */
export type Endpoint = Sid | "client";
export type Channel = "client" | "quorum" | "election";

/** One direction of what flows between two ends. */
export interface Link {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly channel: Channel;
}

export type MessageType =
  | "NOTIFICATION"
  | "FOLLOWERINFO"
  | "OBSERVERINFO"
  | "LEADERINFO"
  | "ACKEPOCH"
  | "NEWLEADER"
  | "UPTODATE"
  | "DIFF"
  | "TRUNC"
  | "SNAP"
  | "REQUEST"
  | "PROPOSAL"
  | "ACK"
  | "COMMIT"
  | "INFORM"
  | "PING"
  | "REVALIDATE"
  | "SYNC"
  | "CONNECT"
  | "CLIENT_REQUEST"
  | "REPLY"
  | "WATCH_EVENT"
  | "BYTES"; // a piece of a stream that nobody looks into

/** A message as rules see it. */
export interface Message {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly type: MessageType;
  readonly zxid: Zxid | undefined;
  readonly path: string | undefined;
  readonly session: SessionId | undefined;
  readonly bytes: number;
}

/** The shape of a link, standing until undone; as the public API spells it. */
export interface LinkConditions {
  /** Milliseconds. */
  readonly latency?:
    | number
    | {
        readonly mean: number;
        readonly jitter?: number;
        readonly distribution?: "constant" | "uniform" | "normal" | "exponential";
      };
  /** KB/s. */
  readonly bandwidth?: number;
  readonly stall?: { readonly probability: number; readonly for: number };
  readonly reset?: { readonly after?: number; readonly probability?: number };
  readonly corrupt?: { readonly probability: number };
}

/** What a rule does to the message it fires on. */
export type RuleVerdict =
  | "pass"
  | "reset"
  | "crash-sender"
  | "crash-receiver"
  | { readonly delay: number };
