import { expect, test } from "vitest";
import { epochFrom, noSession, zxidOf } from "../../../../src/core/base/ids.ts";
import { atOnce } from "../../../../src/core/base/parts.ts";
import { dialects } from "../../../../src/core/protocol/dialect.ts";
import { ErrorCode } from "../../../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { Replica } from "../../../../src/core/server/replica.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";
import { storedFrom } from "./whole-snapshot.ts";

test("a leader's snapshot that broke off does not spoil what is read from the store after it", () => {
  const replica = new Replica(undefined, dialects["3.9"]);
  const snapshot = { ...storedFrom(replica.source()), zxid: zxidOf(7) };
  const half = snapshot.chunks[0]?.subarray(0, 20) ?? new Uint8Array(0);
  replica.load(half, false, zxidOf(9));
  const epoch = epochFrom(1);
  const recovered = { acceptedEpoch: epoch, currentEpoch: epoch, snapshot, log: [] };
  replica.become(atOnce(replica.restoring(recovered)));
  expect(replica.lastApplied).toBe(7);
});

/** A transaction that changes nothing. */
const entry = (zxid: number): LogEntry =>
  new LogEntry({
    type: OpCode.error,
    body: { err: ErrorCode.NONODE },
    session: noSession,
    cxid: 0,
    zxid: zxidOf(zxid),
    time: 0,
    digest: undefined,
  });

test("`hash` tells no digest of a tree that holds some of later transactions' doings", () => {
  const replica = new Replica(undefined, dialects["3.9"]);
  const stored = storedFrom(replica.source());
  const snapshot = { ...stored, zxid: zxidOf(120), end: { zxid: zxidOf(130), digest: 0 } };
  const log = Array.from({ length: 200 }, (_, index) => entry(121 + index));
  const epoch = epochFrom(0);
  const recovered = { acceptedEpoch: epoch, currentEpoch: epoch, snapshot, log };
  replica.become(atOnce(replica.restoring(recovered)));
  expect(replica.digests.map(({ zxid }) => zxid)).toEqual([256]); // not of 128
});
