import type { Zxid } from "../core/base/ids.ts";
import type { Reader } from "../core/jute/reader.ts";
import type { ReplyHeader, WatchEvent } from "../core/protocol/records.ts";
import type { ClientState } from "./types.ts";

/** Hears what a client says and is told, in the order of the wire; pings and credentials left out. */
export interface WireTap {
  /** `body` is encoded by the type's codec, and a view. */
  sent(xid: number, type: number, body: Uint8Array): void;
  /** `body` is a view, valid during the call, and another reader than the client's own. */
  replied(header: ReplyHeader, body: Reader): void;
  event(zxid: Zxid, event: WatchEvent): void;
  /** With "disconnected" and behind it, whatever was sent and not answered never will be. */
  state(state: ClientState, session: bigint): void;
}

/** What the tap joins. */
export interface Tapped {
  /** Requests were sent before. */
  readonly joined: boolean;
  readonly stop: () => void;
}

/** The method by which a client lets itself be tapped, from whichever copy of the package it is. */
export const wireTap: unique symbol = Symbol.for("zookeeper-memory-server wire tap");

export interface Tappable {
  [wireTap](tap: WireTap): Tapped;
}
