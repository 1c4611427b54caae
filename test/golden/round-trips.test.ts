import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { present } from "../../src/core/base/assert.ts";
import { Reader } from "../../src/core/jute/reader.ts";
import { type Codec, decode, encode } from "../../src/core/jute/record.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import * as notifications from "../../src/core/packets/notification.ts";
import {
  type QuorumPacket,
  readPacket,
  type Sender,
} from "../../src/core/packets/quorum-packet.ts";
import * as connect from "../../src/core/protocol/connect.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import * as records from "../../src/core/protocol/records.ts";
import * as replies from "../../src/core/protocol/replies.ts";
import * as requests from "../../src/core/protocol/requests.ts";
import { readTxn, writeTxn } from "../../src/core/txn/codec.ts";
import { LogEntry } from "../../src/core/txn/log-entry.ts";
import * as arb from "./arbitraries.ts";
import { plain } from "./golden.ts";

const handshake = { protocolVersion: arb.int, session: arb.session, timeout: arb.int };
const readOnly = fc.option(fc.boolean(), { nil: undefined });
const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 });

/** The values of every codec that a module exports, by its name there. */
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ConnectRequest: fc.record({
    ...handshake,
    lastZxidSeen: arb.zxid,
    password: arb.nullableBytes,
    readOnly,
  }),
  ConnectResponse: fc.record({ ...handshake, password: sixteen, readOnly }),
  Id: arb.id,
  RawAcl: arb.rawAcl,
  Acl: arb.acl,
  Stat: arb.stat,
  RequestHeader: fc.record({ xid: arb.int, type: arb.int }),
  ReplyHeader: fc.record({ xid: arb.int, zxid: arb.zxid, err: arb.int }),
  WatchEvent: fc.record({ type: arb.int, state: arb.int, path: arb.text }),
  MultiHeader: fc.record({ type: arb.int, done: fc.boolean(), err: arb.int }),
  Empty: arb.requests[OpCode.ping],
  CreateRequest: arb.requests[OpCode.create],
  CreateTtlRequest: arb.requests[OpCode.createTtl],
  PathVersionRequest: arb.requests[OpCode.delete],
  PathWatchRequest: arb.requests[OpCode.getData],
  SetDataRequest: arb.requests[OpCode.setData],
  PathRequest: arb.requests[OpCode.getAcl],
  NullablePathRequest: arb.requests[OpCode.sync],
  SetAclRequest: arb.requests[OpCode.setAcl],
  PathTypeRequest: arb.requests[OpCode.addWatch],
  AuthRequest: arb.requests[OpCode.auth],
  SaslRequest: arb.requests[OpCode.sasl],
  SetWatchesRequest: arb.requests[OpCode.setWatches],
  SetWatches2Request: arb.requests[OpCode.setWatches2],
  ReconfigRequest: arb.requests[OpCode.reconfig],
  CreateSessionRequest: arb.requests[OpCode.createSession],
  MultiRequest: arb.requests[OpCode.multi],
  MultiReadRequest: arb.requests[OpCode.multiRead],
  PathReply: arb.replies[OpCode.create],
  PathStatReply: arb.replies[OpCode.create2],
  StatReply: arb.replies[OpCode.exists],
  DataReply: arb.replies[OpCode.getData],
  AclReply: arb.replies[OpCode.getAcl],
  ChildrenReply: arb.replies[OpCode.getChildren],
  ChildrenStatReply: arb.replies[OpCode.getChildren2],
  NumberReply: arb.replies[OpCode.addWatch],
  TokenReply: arb.replies[OpCode.sasl],
  ClientInfo: fc.record({ scheme: arb.text, user: arb.text }),
  WhoAmIReply: arb.replies[OpCode.whoAmI],
  MultiReply: arb.replies[OpCode.multi],
  Notification: arb.notification,
  InitialMessage: fc.record({ version: arb.long, sid: arb.sid, address: arb.text }),
};

const isCodec = (value: unknown): value is Codec<unknown> =>
  typeof value === "object" && value !== null && "read" in value && "write" in value;
const exported = Object.entries<unknown>({
  ...connect,
  ...records,
  ...requests,
  ...replies,
  ...notifications,
}).filter((entry): entry is [string, Codec<unknown>] => isCodec(entry[1]));

test("every exported codec has values to try", () => {
  expect(exported.map(([name]) => name).sort()).toEqual(Object.keys(values).sort());
});

describe("what is written is read", () => {
  test.each(exported)("%s", (name, codec) => {
    fc.assert(
      fc.property(present(values[name], name), (value) => {
        const reader = new Reader(encode(codec, value));
        expect(plain(codec.read(reader))).toEqual(plain(value));
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  test.each(Object.entries(arb.requests))("the body of request %s", (type, body) => {
    const number = Number(type) as requests.RequestType;
    fc.assert(
      fc.property(body as fc.Arbitrary<unknown>, arb.int, (value, xid) => {
        const writer = new Writer();
        requests.writeBody(writer, number, value);
        const request = requests.readRequest(new Reader(writer.view()), xid, number);
        expect(plain(request)).toEqual({ xid, type: number, body: plain(value) });
      }),
    );
  });

  test.each(Object.entries(arb.replies))("the reply to %s", (type, body) => {
    fc.assert(
      fc.property(
        body as fc.Arbitrary<replies.ReplyBody>,
        fc.record({ xid: arb.int, zxid: arb.zxid }),
        (value, header) => {
          const reply = { ...header, err: 0, type: Number(type), body: value };
          const writer = new Writer();
          replies.writeReply(writer, reply);
          const reader = new Reader(writer.view());
          const read = replies.readReply(reader, records.ReplyHeader.read(reader), Number(type));
          expect(plain(read)).toEqual(plain(reply));
        },
      ),
    );
  });

  test("a transaction, with and without a digest", () => {
    fc.assert(
      fc.property(arb.txn, (txn) => {
        const codec = { read: readTxn, write: writeTxn };
        const written = encode(codec, txn);
        expect(plain(decode(codec, written))).toEqual(plain(txn));
        expect(plain(LogEntry.decode(written).bytes)).toBe(plain(written));
      }),
      { numRuns: 300 },
    );
  });

  test("quorum packets, in a row, from a stream cut at every byte", () => {
    const senders = fc.constantFrom<Sender>("leader", "learner");
    fc.assert(
      fc.property(fc.array(arb.packet, { maxLength: 4 }), senders, (some, sender) => {
        const packets = some.flatMap((packet) => asSentBy(sender, packet));
        const expected = packets.map(comparable);
        const bytes = arb.stream(packets);
        for (let cut = 0; cut <= bytes.length; cut += 1) {
          expect(readTwice(bytes, cut, sender)).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** REVALIDATE has two meanings, one a direction; a leader's PING has no table, a learner's always has one. */
function asSentBy(sender: Sender, packet: QuorumPacket): QuorumPacket[] {
  if (packet.type === (sender === "leader" ? "REVALIDATE" : "REVALIDATED")) return [];
  if (packet.type !== "PING") return [packet];
  return [{ ...packet, touched: sender === "leader" ? null : (packet.touched ?? []) }];
}

/** Reads what the first `cut` bytes hold, then the rest from where the first packet was not whole. */
function readTwice(bytes: Uint8Array, cut: number, sender: Sender): unknown[] {
  const read: unknown[] = [];
  let at = 0;
  for (const end of [cut, bytes.length]) {
    const reader = new Reader(bytes, at, end);
    for (;;) {
      const packet = readPacket(reader, sender, 1 << 20);
      if (packet === undefined) break;
      at = reader.position;
      read.push(comparable(packet));
    }
  }
  expect(at).toBe(bytes.length);
  return read;
}

function comparable(packet: object): unknown {
  const { entry, ...rest } = packet as { entry?: LogEntry };
  return plain(entry === undefined ? rest : { ...rest, txn: entry.txn });
}
