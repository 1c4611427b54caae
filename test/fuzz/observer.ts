import { epochFrom, makeZxid, sidOf, zxidOf } from "../../src/core/base/ids.ts";
import type { QuorumPacket } from "../../src/core/packets/quorum-packet.ts";
import { PacketSplitter } from "../../src/runtime/packet-splitter.ts";
import { packetBytes } from "./packets.ts";
import type { Visitor } from "./visitor.ts";

/** Follows the leader's every word until it is told that it may serve. */
export function joinAsObserver(visitor: Visitor, sid: number): Promise<void> {
  const splitter = new PacketSplitter("leader");
  const say = (packet: QuorumPacket): void => visitor.write(packetBytes(packet));
  let isIn = false;
  const take = (packet: QuorumPacket): void => {
    if (packet.type === "LEADERINFO") {
      say({ type: "ACKEPOCH", lastLogged: zxidOf(0), currentEpoch: epochFrom(0) });
    } else if (packet.type === "NEWLEADER") {
      say({ type: "ACK", zxid: packet.zxid });
    } else if (packet.type === "UPTODATE") {
      isIn = true;
    }
  };
  visitor.onBytes = (chunk) => {
    if (isIn) return;
    splitter.push(chunk);
    for (let packet = splitter.next(); packet !== undefined; packet = splitter.next()) take(packet);
  };
  say({
    type: "OBSERVERINFO",
    sid: sidOf(sid),
    acceptedEpoch: epochFrom(0),
    configVersion: makeZxid(epochFrom(0), 0),
  });
  return visitor.until("let in", () => isIn);
}
