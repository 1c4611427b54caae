import { expect, test } from "vitest";
import { epochFrom, zxidOf } from "../../../../src/core/base/ids.ts";
import { dialects } from "../../../../src/core/protocol/dialect.ts";
import { Replica } from "../../../../src/core/server/replica.ts";
import { storedFrom } from "./whole-snapshot.ts";

test("a leader's snapshot that broke off does not spoil what is read from the store after it", () => {
  const replica = new Replica(undefined, dialects["3.9"]);
  const snapshot = { ...storedFrom(replica.source()), zxid: zxidOf(7) };
  const half = snapshot.chunks[0]?.subarray(0, 20) ?? new Uint8Array(0);
  replica.load(half, false, zxidOf(9));
  const epoch = epochFrom(1);
  replica.restore({ acceptedEpoch: epoch, currentEpoch: epoch, snapshot, log: [] });
  expect(replica.lastApplied).toBe(7);
});
