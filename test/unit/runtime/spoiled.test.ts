import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { epochFrom, sessionIdOf, sidOf, zxidOf } from "../../../src/core/base/ids.ts";
import type { Notification } from "../../../src/core/packets/notification.ts";
import type { QuorumPacket, Sender } from "../../../src/core/packets/quorum-packet.ts";
import { spoiledPacket, spoiledVote } from "../../../src/runtime/spoiled.ts";

const places = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const session = sessionIdOf(0x1000_0000_0000_001n);
const body = new Uint8Array([0, 0, 0, 2, 0x2f, 0x61]);

const packets: readonly [Sender, QuorumPacket][] = [
  ["learner", { type: "ACK", zxid: zxidOf(0x1_0000_0005) }],
  ["learner", { type: "REQUEST", session, cxid: 7, op: 3, body, ids: [] }],
  ["leader", { type: "COMMIT", zxid: zxidOf(0x1_0000_0005) }],
  ["leader", { type: "NEWLEADER", zxid: zxidOf(0x2_0000_0000), config: "version=0" }],
  ["leader", { type: "SNAPSHOT", bytes: body, last: false }],
];
const vote: Notification = {
  state: 0,
  vote: { leader: sidOf(2), zxid: zxidOf(0x1_0000_0005), epoch: epochFrom(1) },
  round: 3,
  version: 2,
  config: "version=0",
};

describe("a bit that flips on the way", () => {
  test.each(packets)("is no reason to throw: a %s's %o", (sender, packet) => {
    fc.assert(
      fc.property(places, (at) => {
        spoiledPacket(packet, sender, at);
      }),
    );
  });

  test("makes another zxid, or another piece of a snapshot", () => {
    const lastOfZxid = (8 * (4 + 7) + 0.5) / (8 * 20); // of a packet without data
    const commit: QuorumPacket = { type: "COMMIT", zxid: zxidOf(0x1_0000_0004) };
    expect(spoiledPacket(commit, "leader", lastOfZxid)).toEqual({ ...commit, zxid: 0x1_0000_0005 });
    const piece: QuorumPacket = { type: "SNAPSHOT", bytes: new Uint8Array([0, 0]), last: true };
    const spoiled = { ...piece, bytes: new Uint8Array([1, 0]) };
    expect(spoiledPacket(piece, "leader", 0)).toEqual(spoiled);
  });

  test("makes a packet that seems longer than it is no packet", () => {
    const lengthAt = (4 + 8 + 2.5) / 20; // of its data: none, and then some thousand bytes
    expect(spoiledPacket({ type: "ACK", zxid: zxidOf(1) }, "learner", lengthAt)).toBeUndefined();
  });

  test("reaches the data of a long packet too", () => {
    const long: QuorumPacket = {
      type: "REQUEST",
      session,
      cxid: 7,
      op: 3,
      body: new Uint8Array(5000),
      ids: [],
    };
    expect(spoiledPacket(long, "learner", 0.5)).toMatchObject({ type: "REQUEST", cxid: 7 });
    expect(spoiledPacket(long, "learner", 0.5)).not.toEqual(long);
  });

  test("leaves an empty piece of a snapshot as it is", () => {
    const piece: QuorumPacket = { type: "SNAPSHOT", bytes: new Uint8Array(0), last: true };
    expect(spoiledPacket(piece, "leader", 0.5)).toEqual(piece);
  });

  test("makes another vote, or none", () => {
    fc.assert(
      fc.property(places, (at) => {
        expect(spoiledVote(vote, at)).not.toEqual(vote);
      }),
    );
  });
});
