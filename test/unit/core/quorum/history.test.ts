import { expect, test } from "vitest";
import { noSession, zxidOf, zxidZero } from "../../../../src/core/base/ids.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { CommittedLog, committedLogMax } from "../../../../src/core/quorum/history.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";

const entry = (zxid: number): LogEntry =>
  new LogEntry({
    type: OpCode.setData,
    body: { path: "/a", data: new Uint8Array(100).fill(zxid), version: zxid },
    session: noSession,
    cxid: 0,
    zxid: zxidOf(zxid),
    time: 0,
    digest: undefined,
  });

function filled(count: number): CommittedLog {
  const log = new CommittedLog();
  for (let zxid = 1; zxid <= count; zxid += 1) log.push(entry(zxid));
  return log;
}

test.each([0, 1, committedLogMax - 1, committedLogMax, committedLogMax + 1, committedLogMax * 3.5])(
  "of %i transactions it holds the last, in order and whole",
  (count) => {
    const log = filled(count);
    const length = Math.min(count, committedLogMax);
    const min = length === 0 ? 0 : count - length + 1;
    expect([log.length, log.min, log.max]).toEqual([length, min, count]);
    const held = [...log.above(zxidZero)];
    expect(held.map((e) => e.zxid)).toEqual(Array.from({ length }, (_, index) => min + index));
    expect(log.zxids).toEqual(held.map((e) => e.zxid));
    const middle = zxidOf(Math.floor((min + count) / 2));
    expect([...log.above(middle)].map((e) => e.zxid)).toEqual(log.zxids.filter((z) => z > middle));
    expect(held.every((e) => Buffer.compare(e.bytes, entry(e.zxid).bytes) === 0)).toBe(true);
  },
);

test("a cleared one begins anew, at any zxid", () => {
  const log = filled(committedLogMax + 10);
  log.clear();
  expect([log.length, log.min, log.max, [...log.above(zxidZero)]]).toEqual([0, 0, 0, []]);
  log.push(entry(5));
  expect([log.length, log.min, log.max, [...log.above(zxidZero)].length]).toEqual([1, 5, 5, 1]);
});

test("transactions that do not ascend are refused", () => {
  const log = filled(3);
  expect(() => log.push(entry(3))).toThrow("ascends");
});
