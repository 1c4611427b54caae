import { epochFrom, makeZxid, noSession, type Zxid } from "../../../../src/core/base/ids.ts";
import type { QuorumPacket } from "../../../../src/core/packets/quorum-packet.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { parseConfig } from "../../../../src/core/quorum/config.ts";
import type { QuorumOutput } from "../../../../src/core/quorum/effects.ts";
import { Membership } from "../../../../src/core/quorum/membership.ts";
import type { QuorumTiming } from "../../../../src/core/quorum/timing.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";

// What tests of the leader and the learner share: outputs as lines that read like the protocol's own pictures.

export const timing: QuorumTiming = { tickTime: 100, initLimit: 10, syncLimit: 5 };

/** Three voters and an observer, 9. */
export const config = parseConfig(
  "server.1=h:1:2\nserver.2=h:3:4\nserver.3=h:5:6\nserver.9=h:7:8:observer",
);

/** The same, where reconfiguration is disabled. */
export const membership: Membership = Membership.of(config, { reconfigEnabled: false });

/** `2.5`: counter 5 of epoch 2. */
export const at = (text: string): Zxid => {
  const [epoch = 0, counter = 0] = text.split(".").map(Number);
  return makeZxid(epochFrom(epoch), counter);
};

const shown = (zxid: Zxid): string => `${Math.floor(zxid / 2 ** 32)}.${zxid % 2 ** 32}`;

export const entryAt = (text: string): LogEntry =>
  new LogEntry({
    type: OpCode.error,
    body: { err: -101 },
    session: noSession,
    cxid: 0,
    zxid: at(text),
    time: 0,
    digest: undefined,
  });

export function packetText(packet: QuorumPacket): string {
  switch (packet.type) {
    case "PROPOSAL":
    case "INFORM":
      return `${packet.type} ${shown(packet.entry.zxid)}`;
    case "ACK":
    case "COMMIT":
    case "DIFF":
    case "TRUNC":
    case "SNAP":
    case "NEWLEADER":
      return `${packet.type} ${shown(packet.zxid)}`;
    case "LEADERINFO":
      return `LEADERINFO ${packet.epoch}`;
    case "FOLLOWERINFO":
    case "OBSERVERINFO":
      return `${packet.type} ${packet.acceptedEpoch}`;
    case "ACKEPOCH":
      return `ACKEPOCH ${packet.currentEpoch} ${shown(packet.lastLogged)}`;
    case "PING":
      return packet.touched === null ? "PING" : `PING with ${packet.touched.length}`;
    default:
      return packet.type;
  }
}

/** Takes the outputs away as lines. */
export function take(out: QuorumOutput[]): string[] {
  return out.splice(0).map(lineOf);
}

function lineOf(output: QuorumOutput): string {
  switch (output.type) {
    case "send":
      return `→ ${output.link} ${packetText(output.packet)}`;
    case "sendSnapshot":
      return `→ ${output.link} a snapshot`;
    case "append":
    case "deliver":
      return `${output.type} ${shown(output.entry.zxid)}`;
    case "saveEpoch":
      return `save ${output.which} ${output.epoch}`;
    case "truncate":
      return `truncate ${shown(output.after)}`;
    case "hangUp":
      return `hang up ${output.link}: ${output.why}`;
    case "deposed":
      return `deposed: ${output.why}`;
    case "established":
      return `established ${output.epoch}`;
    case "load":
      return `load ${output.bytes.length} bytes${output.last ? `, the last, as of ${shown(output.zxid)}` : ""}`;
    case "dial":
      return `dial ${output.to}`;
    case "warning":
      return `warning: ${output.text}`;
    default:
      return output.type;
  }
}
