import { present } from "../core/base/assert.ts";
import { Reader } from "../core/jute/reader.ts";
import { decode, encode } from "../core/jute/record.ts";
import { Writer } from "../core/jute/writer.ts";
import { Notification } from "../core/packets/notification.ts";
import {
  type QuorumPacket,
  readPacket,
  type Sender,
  writePacket,
} from "../core/packets/quorum-packet.ts";
import { ReplyHeader } from "../core/protocol/records.ts";
import { type Reply, readReply, writeReply } from "../core/protocol/replies.ts";

const lengthMax = 4 * 1024 * 1024;

/** What arrives when a packet went over a wire; the pieces of a snapshot are bytes already. */
export function throughWire(packet: QuorumPacket, sender: Sender): QuorumPacket {
  if (packet.type === "SNAPSHOT" || packet.type === "UNKNOWN") return packet;
  const writer = new Writer();
  writePacket(writer, packet);
  const reader = new Reader(writer.copy());
  const read = present(readPacket(reader, sender, lengthMax), `the whole of a ${packet.type}`);
  if (reader.remaining !== 0) throw new Error(`${packet.type} left ${reader.remaining} bytes`);
  return read;
}

export const notificationThroughWire = (notification: Notification): Notification =>
  decode(Notification, encode(Notification, notification));

export function replyThroughWire(reply: Reply): Reply {
  const writer = new Writer();
  writeReply(writer, reply);
  const reader = new Reader(writer.copy());
  return readReply(reader, ReplyHeader.read(reader), reply.type);
}
