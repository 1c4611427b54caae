import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../../../src/core/base/assert.ts";
import { sessionIdOf, zxidOf } from "../../../../src/core/base/ids.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";
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

  test("keeps nothing of the chunk it was read from", () => {
    const chunk = new LogEntry(create).bytes.slice();
    const entry = LogEntry.decode(chunk);
    const before = JSON.stringify(entry.bytes);
    chunk.fill(0);
    expect(JSON.stringify(entry.bytes)).toBe(before);
    expect(entry.txn).toEqual({ ...create, body: { ...create.body, data: Uint8Array.of(0x78) } });
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
