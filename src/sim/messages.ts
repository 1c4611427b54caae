import type { Zxid } from "../core/base/ids.ts";
import type { Link, Message, MessageType } from "../core/network/link.ts";
import type { QuorumPacketType } from "../core/packets/quorum-packet.ts";

const quorumTypes: { readonly [T in QuorumPacketType]?: MessageType } = {
  FOLLOWERINFO: "FOLLOWERINFO",
  OBSERVERINFO: "OBSERVERINFO",
  LEADERINFO: "LEADERINFO",
  ACKEPOCH: "ACKEPOCH",
  NEWLEADER: "NEWLEADER",
  UPTODATE: "UPTODATE",
  DIFF: "DIFF",
  TRUNC: "TRUNC",
  SNAP: "SNAP",
  REQUEST: "REQUEST",
  PROPOSAL: "PROPOSAL",
  ACK: "ACK",
  COMMIT: "COMMIT",
  INFORM: "INFORM",
  PING: "PING",
  REVALIDATE: "REVALIDATE",
  REVALIDATED: "REVALIDATE",
  SYNC: "SYNC",
};
const clientTypes: { readonly [type: string]: MessageType } = {
  handshake: "CONNECT",
  accept: "CONNECT",
  request: "CLIENT_REQUEST",
  reply: "REPLY",
  watchEvent: "WATCH_EVENT",
};

/** What the rules of the fabric see of something sent; undefined for what they do not know. */
export function messageOf(link: Link, sent: unknown): Message | undefined {
  if (typeof sent !== "object" || sent === null) return undefined;
  const type = typeOf(link, sent);
  if (type === undefined) return undefined;
  return {
    from: link.from,
    to: link.to,
    type,
    zxid: zxidIn(sent),
    path: undefined,
    session: undefined,
    bytes: 100,
  };
}

function typeOf(link: Link, sent: object): MessageType | undefined {
  if (link.channel === "election") return "NOTIFICATION";
  const type = "type" in sent ? String(sent.type) : "";
  return link.channel === "quorum" ? quorumTypes[type as QuorumPacketType] : clientTypes[type];
}

function zxidIn(sent: object): Zxid | undefined {
  if ("zxid" in sent && typeof sent.zxid === "number") return sent.zxid as Zxid;
  return "entry" in sent ? (sent.entry as { zxid: Zxid }).zxid : undefined;
}
