import { expect, test } from "vitest";
import { epochFrom, noSession, zxidOf } from "../../../../src/core/base/ids.ts";
import { Reader } from "../../../../src/core/jute/reader.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { MemoryStore } from "../../../../src/core/storage/memory.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const entry = (zxid: number, size = 10): LogEntry =>
  new LogEntry({
    type: OpCode.setData,
    body: { path: "/a", data: new Uint8Array(size).fill(zxid), version: zxid },
    session: noSession,
    cxid: 0,
    zxid: zxidOf(zxid),
    time: 0,
    digest: undefined,
  });

/** Entries 1 to `count`, over several blocks. */
function filled(count: number): MemoryStore {
  const store = new MemoryStore();
  for (let zxid = 1; zxid <= count; zxid += 1) store.append(entry(zxid, 60_000));
  return store;
}
const zxids = (store: MemoryStore): number[] => [...store.recover().log].map((e) => e.zxid);

/** Entries as one chunk brings them, with `gap` bytes of something else before each. */
function fromOneChunk(zxidsOf: readonly number[], gap: number): LogEntry[] {
  const all = zxidsOf.map((zxid) => entry(zxid).bytes);
  const chunk = Buffer.concat(all.flatMap((bytes) => [Buffer.alloc(gap, 0xee), bytes]));
  const reader = new Reader(chunk);
  return all.map(({ length }) => {
    reader.take(gap);
    return LogEntry.read(reader, length);
  });
}

test.each([0, 24, 500])("what chunks brought comes back, with %i bytes between entries", (gap) => {
  const store = new MemoryStore();
  const entries = [[1, 2, 3], [4], [5, 6]].flatMap((each) => fromOneChunk(each, gap));
  const kept = (): string[] => [...store.recover().log].map(({ bytes }) => toHex(bytes));
  for (const [index, each] of entries.entries()) {
    store.append(each);
    if (index === 1) expect(kept()).toEqual([1, 2].map((zxid) => toHex(entry(zxid).bytes)));
  }
  expect(kept()).toEqual([1, 2, 3, 4, 5, 6].map((zxid) => toHex(entry(zxid).bytes)));
});

test.each([0, 1, 4, 5, 11, 12])("truncate after %i keeps exactly what is not above it", (after) => {
  const store = filled(12);
  store.truncate(zxidOf(after));
  expect(zxids(store)).toEqual(Array.from({ length: after }, (_, index) => index + 1));
  store.append(entry(after + 1));
  expect(zxids(store).at(-1)).toBe(after + 1);
});

test("a snapshot covers the log up to its zxid, or takes its place", () => {
  const store = filled(12);
  store.saveSnapshot({ zxid: zxidOf(7), chunks: [], end: undefined }, false);
  expect(zxids(store)).toEqual([8, 9, 10, 11, 12]);
  store.saveSnapshot({ zxid: zxidOf(3), chunks: [], end: undefined }, true);
  expect(store.recover()).toMatchObject({ snapshot: { zxid: 3 } });
  expect(zxids(store)).toEqual([]);
});

test("a store that cannot go back behind its snapshot stays as it is", () => {
  const store = filled(12);
  const snapshot = { zxid: zxidOf(7), chunks: [], end: undefined };
  store.saveSnapshot(snapshot, false);
  const before = zxids(store);
  store.truncate(zxidOf(6));
  expect([zxids(store), store.recover().snapshot]).toEqual([before, snapshot]);
});

test("blocks that a snapshot made superfluous take other entries, and what stays is whole", () => {
  const store = new MemoryStore();
  const size = (zxid: number): number => 3000 + (zxid % 7) * 500;
  const contents = (): string[] => [...store.recover().log].map(({ bytes }) => toHex(bytes));
  const expected = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, at) =>
      toHex(entry(from + at, size(from + at)).bytes),
    );
  let last = 0;
  for (const covered of [290, 580, 599, 600, 890]) {
    while (last < covered + 10) store.append(entry(++last, size(last)));
    store.saveSnapshot({ zxid: zxidOf(covered), chunks: [], end: undefined }, false);
    expect(contents()).toEqual(expected(covered + 1, last));
  }
  store.truncate(zxidOf(895));
  store.append(entry(896, 10));
  expect(contents()).toEqual([...expected(891, 895), toHex(entry(896, 10).bytes)]);
});

test("a log that is read while entries are dropped says so, and gives no others in their place", () => {
  const store = filled(12);
  const reading = store.recover().log[Symbol.iterator]();
  expect(reading.next().value?.zxid).toBe(1);
  store.append(entry(13));
  store.saveSnapshot({ zxid: zxidOf(12), chunks: [], end: undefined }, false);
  expect(() => reading.next()).toThrow("while it is read");
});

test("an entry larger than a block is kept", () => {
  const store = new MemoryStore();
  store.append(entry(1, 600_000));
  store.append(entry(2));
  expect(zxids(store)).toEqual([1, 2]);
});

test("large entries stay in the memory they came in, and others are not written there", () => {
  const store = new MemoryStore();
  const chunks = [2, 4].map((zxid) => {
    const { bytes } = entry(zxid, 100_000);
    const chunk = Buffer.concat([Buffer.alloc(24, 0xee), bytes, Buffer.alloc(5000, 0xee)]);
    return { chunk, before: toHex(chunk), length: bytes.length };
  });
  for (const [index, { chunk, length }] of chunks.entries()) {
    store.append(entry(index * 2 + 1));
    const reader = new Reader(chunk);
    reader.take(24);
    store.append(LogEntry.read(reader, length));
  }
  store.append(entry(5));
  const expected = [1, 2, 3, 4, 5].map((zxid) => entry(zxid, zxid % 2 === 0 ? 100_000 : 10));
  const kept = [...store.recover().log].map(({ bytes }) => toHex(bytes));
  expect(kept).toEqual(expected.map(({ bytes }) => toHex(bytes)));
  expect(chunks.map(({ chunk }) => toHex(chunk))).toEqual(chunks.map(({ before }) => before));
  store.truncate(zxidOf(2));
  store.append(entry(6));
  expect(zxids(store)).toEqual([1, 2, 6]);
});

test("epochs are kept apart", () => {
  const store = new MemoryStore();
  store.saveEpoch("accepted", epochFrom(3));
  store.saveEpoch("current", epochFrom(2));
  expect(store.recover()).toMatchObject({ acceptedEpoch: 3, currentEpoch: 2 });
});
