// What a large tree takes is done in parts, between which an event loop has its turns. Counted, not timed: a part is so many bytes.
import { expect, test } from "vitest";
import { epochFrom, noSession, type Zxid, zxidOf } from "../../src/core/base/ids.ts";
import { type Parts, partBytes } from "../../src/core/base/parts.ts";
import { Writer } from "../../src/core/jute/writer.ts";
import { dialects } from "../../src/core/protocol/dialect.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import { Replica } from "../../src/core/server/replica.ts";
import { logFileHeader, readLogFile, writeRecord } from "../../src/core/storage/log-file.ts";
import { readSnapshotFile, SnapshotFileWriter } from "../../src/core/storage/snapshot-file.ts";
import { openAcl } from "../../src/core/tree/acl.ts";
import { snapshotPieces } from "../../src/core/tree/snapshot.ts";
import { LogEntry } from "../../src/core/txn/log-entry.ts";
import { dumpTree, pathsBelow } from "../../src/ensemble/tree-literal.ts";

const nodes = 10_000;
const epochs = { acceptedEpoch: epochFrom(0), currentEpoch: epochFrom(0) };

const entries = Array.from({ length: nodes }, (_, index) => {
  const data = new Uint8Array(10);
  const body = { path: `/n${index}`, data, acl: openAcl, ephemeral: false, parentCversion: -1 };
  const zxid: Zxid = zxidOf(index + 1);
  return new LogEntry({
    type: OpCode.create,
    body,
    session: noSession,
    cxid: 0,
    zxid,
    time: 0,
    digest: undefined,
  });
});
const logBytes = entries.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** The outcome, and in how many parts it was made. */
function counted<T>(parts: Parts<T>): { outcome: T; count: number } {
  for (let count = 1; ; count += 1) {
    const { done, value } = parts.next();
    if (done === true) return { outcome: value, count };
  }
}

const blank = (): Replica => new Replica(undefined, dialects["3.9"]);
const grown = counted(blank().restoring({ ...epochs, snapshot: undefined, log: entries }));
const { tree } = grown.outcome;
const pieces = [...snapshotPieces(tree)];
const stateBytes = pieces.reduce((sum, { length }) => sum + length, 0);
const end = { zxid: tree.lastApplied, digest: tree.digest };

test("a log is applied in parts", () => {
  expect(tree.nodeCount).toBeGreaterThan(nodes);
  expect(grown.count).toBeGreaterThan(logBytes / partBytes / 2);
});

test("a tree is written and sent in pieces", () => {
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(2 * partBytes);
});

test("a tree is read from a snapshot in parts, however large the pieces are that it comes in", () => {
  const whole = new Uint8Array(stateBytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  const snapshot = { zxid: tree.lastApplied, chunks: [whole], end };
  const { outcome, count } = counted(blank().restoring({ ...epochs, snapshot, log: [] }));
  expect(outcome.tree.digest).toBe(tree.digest);
  expect(count).toBeGreaterThan(stateBytes / partBytes);
});

test("a snapshot file is read and checked in parts", () => {
  const format = new SnapshotFileWriter();
  const file = new Writer(stateBytes);
  file.raw(format.header());
  for (const piece of pieces) file.raw(format.piece(piece));
  file.raw(format.end(end));
  const { outcome, count } = counted(readSnapshotFile(file.view()));
  expect(outcome.end).toEqual(end);
  expect(count).toBeGreaterThan((2 * stateBytes) / partBytes); // its end is found, then its bytes are summed
});

test("a tree is dumped, and its paths are gathered, in parts", () => {
  const dumped = counted(dumpTree(tree, "/"));
  expect(Object.keys(dumped.outcome ?? {})).toHaveLength(nodes);
  expect(dumped.count).toBeGreaterThan(nodes / 1000);
  const paths = counted(pathsBelow(tree, "/"));
  expect(paths.outcome).toEqual(entries.map((_, index) => `/n${index}`).sort());
  expect(paths.count).toBeGreaterThan(nodes / 1000);
});

test("a log file is read and checked in parts", () => {
  const file = new Writer(2 * logBytes);
  file.raw(logFileHeader());
  for (const { bytes } of entries) writeRecord(file, bytes);
  const { outcome, count } = counted(readLogFile(file.view(), 1_000_000));
  expect(outcome).toHaveLength(nodes);
  expect(count).toBeGreaterThan(file.length / partBytes / 2);
});
