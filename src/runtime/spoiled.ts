import { ProtocolError } from "../core/base/assert.ts";
import { decode, encode } from "../core/jute/record.ts";
import { Writer } from "../core/jute/writer.ts";
import { Notification } from "../core/packets/notification.ts";
import { type QuorumPacket, type Sender, writePacket } from "../core/packets/quorum-packet.ts";
import { corruptBytes } from "./lane.ts";
import { PacketSplitter, packetBytesMax } from "./packet-splitter.ts";

// What becomes of a message that goes from peer to peer as an object when one bit flips of the bytes that it would be on a socket:
// `at` says which, from 0 to 1.

/**
 * undefined: the receiver makes no sense of it. That is also what is made of one that would need more bytes than there are: over a
 * socket its receiver takes what comes next for a part of it, until it gives up.
 */
export function spoiledPacket(
  packet: QuorumPacket,
  sender: Sender,
  at: number,
): QuorumPacket | undefined {
  if (packet.type === "SNAPSHOT") return { ...packet, bytes: corruptBytes(packet.bytes, at) };
  const writer = new Writer();
  writePacket(writer, packet);
  const packets = new PacketSplitter(sender, packetBytesMax);
  packets.push(corruptBytes(writer.view(), at));
  return orNothing(() => packets.next());
}

/** undefined: it is passed over. */
export function spoiledVote(notification: Notification, at: number): Notification | undefined {
  const bytes = corruptBytes(encode(Notification, notification), at);
  return orNothing(() => decode(Notification, bytes));
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
