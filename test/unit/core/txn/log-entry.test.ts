import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../../../src/core/base/assert.ts";
import { sessionIdOf, zxidOf } from "../../../../src/core/base/ids.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { LogEntry, TxnEncoder } from "../../../../src/core/txn/log-entry.ts";
import type { Txn } from "../../../../src/core/txn/txn.ts";

const header = {
  session: sessionIdOf(1n),
  cxid: 2,
  zxid: zxidOf(3),
  time: 4,
  digest: undefined,
};
const create: Txn = {
  ...header,
  type: OpCode.create,
  body: { path: "/a", data: Buffer.from("x"), acl: [], ephemeral: false, parentCversion: 1 },
};

describe("LogEntry", () => {
  test("makes its bytes once", () => {
    const entry = new LogEntry(create);
    expect(entry.bytes).toBe(entry.bytes);
  });

  test("its bytes and its data are views of the chunk it was read from", () => {
    const chunk = new LogEntry(create).bytes.slice();
    const { bytes, txn } = LogEntry.decode(chunk);
    expect(bytes.buffer).toBe(chunk.buffer);
    expect(txn).toEqual({ ...create, body: { ...create.body, data: new Uint8Array([0x78]) } });
    chunk.fill(0);
    expect(txn.body).toMatchObject({ data: new Uint8Array([0]) });
  });

  test("entries encoded one behind the other have each its own bytes", () => {
    const encoder = new TxnEncoder(64);
    const entries = [1, 2, 3, 4].map((zxid) => encoder.encode({ ...create, zxid: zxidOf(zxid) }));
    const alone = [1, 2, 3, 4].map((zxid) => new LogEntry({ ...create, zxid: zxidOf(zxid) }));
    expect(entries.map((entry) => [...entry.bytes])).toEqual(alone.map((e) => [...e.bytes]));
  });

  test("large data of an encoded one are its own bytes, whatever becomes of what was given", () => {
    const body = { path: "/a", data: new Uint8Array(20_000).fill(1), version: 1 };
    const set: Txn = { ...header, type: OpCode.setData, body };
    const many: Txn = { ...header, type: OpCode.multi, body: { txns: [create, set] } };
    const entries = [set, many].map((txn) => new TxnEncoder().encode(txn));
    body.data.fill(2);
    const [first, second] = entries.map(({ txn }) => txn.body);
    const own = new Uint8Array(20_000).fill(1);
    expect(first).toMatchObject({ data: own });
    expect(second).toMatchObject({ txns: [{ type: create.type }, { body: { data: own } }] });
    expect(entries.map(({ bytes }) => bytes.includes(2, 100))).toEqual([false, false]);
  });

  test("reads creates that lack the parent's count, and closed sessions that lack their paths", () => {
    const v0 = new LogEntry(create).bytes.slice(0, -4);
    expect(LogEntry.decode(v0).txn.body).toMatchObject({ path: "/a", parentCversion: -1 });
    const close: Txn = { ...header, type: OpCode.closeSession, body: { paths: undefined } };
    expect(LogEntry.decode(new LogEntry(close).bytes).txn).toEqual(close);
  });

  test("refuses what is no transaction", () => {
    const bytes = new LogEntry(create).bytes;
    const unknown = bytes.slice();
    unknown[31] = 99;
    expect(() => LogEntry.decode(unknown)).toThrow("a transaction of type 99");
    expect(() => LogEntry.decode(bytes.slice(0, 40))).toThrow(ProtocolError);
  });
});
