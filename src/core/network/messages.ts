import type { SessionId } from "../base/ids.ts";
import type { QuorumPacket, QuorumPacketType } from "../packets/quorum-packet.ts";
import type { Request } from "../protocol/requests.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { Link, Message, MessageType } from "./link.ts";

/** Rules know a piece of a snapshot as SNAP, an activation as the COMMIT or INFORM it is, both directions of REVALIDATE as one. */
const typeOf: { readonly [T in QuorumPacketType]: MessageType | undefined } = {
  FOLLOWERINFO: "FOLLOWERINFO",
  OBSERVERINFO: "OBSERVERINFO",
  LEADERINFO: "LEADERINFO",
  ACKEPOCH: "ACKEPOCH",
  DIFF: "DIFF",
  TRUNC: "TRUNC",
  SNAP: "SNAP",
  SNAPSHOT: "SNAP",
  NEWLEADER: "NEWLEADER",
  UPTODATE: "UPTODATE",
  PROPOSAL: "PROPOSAL",
  INFORM: "INFORM",
  ACK: "ACK",
  COMMIT: "COMMIT",
  COMMITANDACTIVATE: "COMMIT",
  INFORMANDACTIVATE: "INFORM",
  REQUEST: "REQUEST",
  PING: "PING",
  REVALIDATE: "REVALIDATE",
  REVALIDATED: "REVALIDATE",
  SYNC: "SYNC",
  UNKNOWN: undefined,
};

/** A packet as rules see it; undefined for one that has no name. */
export function packetMessage(
  link: Link,
  packet: QuorumPacket,
  bytes: number,
): Message | undefined {
  const type = typeOf[packet.type];
  if (type === undefined) return undefined;
  const entry = "entry" in packet ? packet.entry : undefined;
  return {
    from: link.from,
    to: link.to,
    type,
    zxid: entry?.zxid ?? ("zxid" in packet ? packet.zxid : undefined),
    path: entry === undefined ? undefined : pathOf(entry),
    session: entry?.txn.session ?? ("session" in packet ? packet.session : undefined),
    bytes,
  };
}

/** Roughly what a packet takes on the wire, for links that have none. */
export function packetBytes(packet: QuorumPacket): number {
  switch (packet.type) {
    case "PROPOSAL":
    case "INFORM":
    case "INFORMANDACTIVATE":
      return headerBytes + packet.entry.size;
    case "SNAPSHOT":
      return packet.bytes.length;
    case "REQUEST":
      return headerBytes + packet.body.length;
    default:
      return headerBytes;
  }
}
const headerBytes = 24;

/** A client's request as rules see it. */
export function requestMessage(
  link: Link,
  request: Request,
  of: { readonly session: SessionId | undefined; readonly bytes: number },
): Message {
  const { body } = request;
  const path = "path" in body && body.path !== null ? body.path : undefined;
  return { from: link.from, to: link.to, type: "CLIENT_REQUEST", zxid: undefined, path, ...of };
}

function pathOf({ txn }: LogEntry): string | undefined {
  return "path" in txn.body ? txn.body.path : undefined;
}
