import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../../src/core/base/assert.ts";
import { epochFrom, sessionIdOf, sidOf, zxidOf } from "../../../src/core/base/ids.ts";
import { Writer } from "../../../src/core/jute/writer.ts";
import { type QuorumPacket, writePacket } from "../../../src/core/packets/quorum-packet.ts";
import { PacketSplitter } from "../../../src/runtime/packet-splitter.ts";

/** A snapshot of an empty tree: no sessions, no ACLs, the root, the end, the signature. */
const emptySnapshot = ((): Uint8Array => {
  const w = new Writer();
  w.int(0);
  w.int(0);
  w.string("");
  w.buffer(new Uint8Array(0));
  w.long(-1);
  for (let i = 0; i < 60; i += 1) w.byte(0);
  w.string("/");
  w.string("BenWasHere");
  return w.copy();
})();

const packets: readonly QuorumPacket[] = [
  { type: "DIFF", zxid: zxidOf(0x1_0000_0000) },
  { type: "PING", zxid: zxidOf(5), touched: null },
  { type: "SNAP", zxid: zxidOf(7) },
  { type: "SNAPSHOT", bytes: emptySnapshot, last: true },
  { type: "NEWLEADER", zxid: zxidOf(0x2_0000_0000), config: "version=0" },
  { type: "REVALIDATED", session: sessionIdOf(9n), valid: true },
  { type: "UPTODATE" },
];

const stream = ((): Uint8Array => {
  const w = new Writer();
  for (const packet of packets) writePacket(w, packet);
  return w.copy();
})();

/** What comes out, with the pieces of a snapshot joined. */
function split(chunks: readonly Uint8Array[]): QuorumPacket[] {
  const splitter = new PacketSplitter("leader");
  const found: QuorumPacket[] = [];
  let pieces: Uint8Array[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk);
    for (let packet = splitter.next(); packet !== undefined; packet = splitter.next()) {
      if (packet.type !== "SNAPSHOT") {
        found.push(packet);
        continue;
      }
      pieces.push(packet.bytes);
      if (!packet.last) continue;
      const bytes = new Uint8Array(Buffer.concat(pieces));
      found.push({ type: "SNAPSHOT", bytes, last: true });
      pieces = [];
    }
  }
  return found;
}

describe("a stream of packets with a snapshot in it", () => {
  test("comes out whole from one chunk", () => {
    expect(split([stream])).toEqual(packets);
  });

  test("comes out whole byte by byte", () => {
    expect(split([...stream].map((byte) => Uint8Array.of(byte)))).toEqual(packets);
  });

  test("comes out whole however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((left, right) => left - right), stream.length];
        const chunks = at.slice(1).map((end, index) => stream.subarray(at[index], end));
        expect(split(chunks)).toEqual(packets);
      }),
    );
  });
});

test.each([
  ["a length below −1", [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x9c, 0, 0, 0, 0]],
  ["a length of gigabytes", [0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0]],
])("%s is no packet", (_, bytes) => {
  const splitter = new PacketSplitter("leader");
  splitter.push(Uint8Array.from(bytes));
  expect(() => splitter.next()).toThrow(ProtocolError);
});

test("what was decoded stays as it was when more arrives", () => {
  const w = new Writer();
  const session = sessionIdOf(1n);
  const request = (body: string): QuorumPacket => ({
    type: "REQUEST",
    session,
    cxid: 1,
    op: 5,
    body: new TextEncoder().encode(body),
    ids: [],
  });
  for (const body of ["first", "second", "third"]) writePacket(w, request(body));
  const bytes = w.copy();
  const splitter = new PacketSplitter("learner");
  const bodies: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 7) {
    splitter.push(bytes.slice(at, at + 7));
    for (let packet = splitter.next(); packet !== undefined; packet = splitter.next()) {
      if (packet.type === "REQUEST") bodies.push(packet.body);
    }
  }
  expect(bodies.map((body) => new TextDecoder().decode(body))).toEqual([
    "first",
    "second",
    "third",
  ]);
});

test("a learner's first packet is short; those behind it may be long", () => {
  const long = (type: "FOLLOWERINFO" | "REQUEST"): Uint8Array => {
    const w = new Writer();
    w.int(type === "REQUEST" ? 1 : 11);
    w.long(0);
    w.buffer(new Uint8Array(100_000));
    w.int(-1);
    return w.copy();
  };
  const splitter = new PacketSplitter("learner");
  splitter.push(long("FOLLOWERINFO"));
  expect(() => splitter.next()).toThrow(ProtocolError);
  const other = new PacketSplitter("learner");
  const w = new Writer();
  const configVersion = zxidOf(0);
  writePacket(w, {
    type: "FOLLOWERINFO",
    sid: sidOf(1),
    acceptedEpoch: epochFrom(0),
    configVersion,
  });
  other.push(w.copy());
  expect(other.next()?.type).toBe("FOLLOWERINFO");
  other.push(long("REQUEST"));
  expect(other.next()?.type).toBe("REQUEST");
});
