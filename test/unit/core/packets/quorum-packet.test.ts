import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../../../src/core/base/assert.ts";
import { sessionIdOf, sidOf, zxidOf } from "../../../../src/core/base/ids.ts";
import { Reader } from "../../../../src/core/jute/reader.ts";
import { Writer } from "../../../../src/core/jute/writer.ts";
import { Notification } from "../../../../src/core/packets/notification.ts";
import {
  PacketType,
  type QuorumPacket,
  readPacket,
  type Sender,
} from "../../../../src/core/packets/quorum-packet.ts";

/** A packet from its parts: data as hex, null for none; the count of identities −1, for none. */
function read(
  type: number,
  data: string | null,
  { zxid = 0, count = -1, sender = "learner" as Sender, more = "" } = {},
): QuorumPacket | undefined {
  const writer = new Writer();
  writer.int(type);
  writer.long(zxid);
  writer.buffer(data === null ? null : Buffer.from(data, "hex"));
  writer.int(count);
  writer.raw(Buffer.from(more, "hex"));
  return readPacket(new Reader(writer.view()), sender, 1000);
}

describe("readPacket", () => {
  test("reads FOLLOWERINFO of peers that send less: no protocol version, no configuration", () => {
    const zxid = 3 * 2 ** 32;
    const expected = { type: "FOLLOWERINFO", sid: sidOf(2), acceptedEpoch: 3, configVersion: 0 };
    expect(read(PacketType.FOLLOWERINFO, "0000000000000002", { zxid })).toEqual(expected);
    expect(read(PacketType.FOLLOWERINFO, "000000000000000200010000", { zxid })).toEqual(expected);
  });

  test("takes the same bytes for a question or an answer, by who sent them", () => {
    const session = sessionIdOf(7n);
    expect([
      read(PacketType.REVALIDATE, "000000000000000700001f40"),
      read(PacketType.REVALIDATE, "000000000000000701", { sender: "leader" }),
      read(PacketType.PING, "000000000000000700001f40", { zxid: 5 }),
      read(PacketType.PING, null, { zxid: 5 }),
      read(PacketType.PING, null, { zxid: 5, sender: "leader" }),
    ]).toEqual([
      { type: "REVALIDATE", session, timeout: 8000 },
      { type: "REVALIDATED", session, valid: true },
      { type: "PING", zxid: 5, touched: [{ session, timeout: 8000 }] },
      { type: "PING", zxid: 5, touched: [] },
      { type: "PING", zxid: 5, touched: null },
    ]);
  });

  test("refuses a zxid whose epoch cannot be, where a bit of it was flipped on the way", () => {
    const zxid = 0x20000002 * 2 ** 32;
    expect(() => read(PacketType.COMMIT, null, { zxid, sender: "leader" })).toThrow(ProtocolError);
  });

  test("passes a type it does not know on, whatever it carries", () => {
    expect(read(77, "0102", { count: 1, more: "0000000161" + "00000000" })).toEqual({
      type: "UNKNOWN",
      number: 77,
    });
  });

  test.each<[string, () => unknown]>([
    ["data longer than the limit", () => read(PacketType.PROPOSAL, "00".repeat(1001))],
    ["more identities than the limit has room for", () => read(1, "", { count: 0x7fffffff })],
    ["an identity longer than the limit", () => read(1, "", { count: 1, more: "00ffffff" })],
    ["an identity that is null", () => read(1, "", { count: 1, more: "ffffffff" })],
    ["a PROPOSAL without data", () => read(PacketType.PROPOSAL, null)],
    ["a PROPOSAL that is no transaction", () => read(PacketType.PROPOSAL, "0000")],
    ["a REQUEST that ends in its header", () => read(PacketType.REQUEST, "0000000000000007")],
    ["an ACKEPOCH without an epoch", () => read(PacketType.ACKEPOCH, "")],
    ["a FOLLOWERINFO without a sid", () => read(PacketType.FOLLOWERINFO, null)],
  ])("refuses %s", (_what, act) => {
    expect(act).toThrow(ProtocolError);
  });

  test("refuses a length below −1", () => {
    const writer = new Writer();
    writer.int(PacketType.ACK);
    writer.long(0);
    writer.int(-2);
    writer.int(-1);
    expect(() => readPacket(new Reader(writer.view()), "learner", 1000)).toThrow(
      "a packet of -2 bytes",
    );
  });
});

describe("Notification", () => {
  const vote = { leader: sidOf(3), zxid: zxidOf(2 ** 32 + 9), epoch: 1 };
  const bytes = Buffer.from(
    ["00000000", "0000000000000003", "0000000100000009", "0000000000000004"].join(""),
    "hex",
  );

  test("of 28 bytes has its epoch in the zxid, and no configuration", () => {
    expect(Notification.read(new Reader(bytes))).toEqual({
      state: 0,
      vote,
      round: 4,
      version: 0,
      config: "",
    });
  });

  test("of 40 bytes has an epoch of its own", () => {
    const longer = Buffer.concat([bytes, Buffer.from("0000000000000002ffffffff", "hex")]);
    expect(Notification.read(new Reader(longer.subarray(0, 36)))).toMatchObject({ vote });
    expect(Notification.read(new Reader(longer))).toMatchObject({ vote: { epoch: 2 } });
  });

  test("cut short is refused", () => {
    for (const length of [0, 4, 27]) {
      expect(() => Notification.read(new Reader(bytes.subarray(0, length)))).toThrow(ProtocolError);
    }
  });
});
