// How many learners a leader synchronises at a time (LearnerSyncThrottler).
import { describe, expect, test } from "vitest";
import { linkIdOf } from "../../../../src/core/base/ids.ts";
import { Chair } from "./chair.ts";

describe("an observer that comes while as many are synchronised as may be", () => {
  const syncLimits = { snapshots: 1, diffs: 1 };
  const served = (): Chair => new Chair({ syncLimits }).served([1]);

  test("is hung up on a tenth of a tick later, without any history", () => {
    const chair = served();
    chair.greet(2);
    chair.promise(2);
    chair.greet(9);
    expect(chair.promise(9)).toEqual([]);
    expect(chair.leader.wakeAt).toBe(10);
    expect(chair.wake(10)).toEqual([
      "hang up 9: peer 9 must wait with its SNAP: 1 are under way already",
    ]);
  });

  test("is served when it comes back after the ACK of NEWLEADER by the one before it", () => {
    const chair = served();
    chair.greet(2);
    chair.promise(2);
    chair.snapshotSent(2);
    chair.greet(9);
    expect(chair.promise(9)).toEqual([]);
    chair.wake(10);
    chair.ack(2, "1.0");
    chair.greet(19, { sid: 9 });
    expect(chair.promise(19)).toEqual(["→ 19 SNAP 1.0", "→ 19 a snapshot"]);
  });

  test("is served when the one before it has left in the middle", () => {
    const chair = served();
    chair.greet(2);
    chair.promise(2);
    chair.leader.linkDown(linkIdOf(2), chair.out);
    chair.greet(9);
    expect(chair.promise(9)).toEqual(["→ 9 SNAP 1.0", "→ 9 a snapshot"]);
  });

  test("is served where the other sync is of another kind", () => {
    const chair = served();
    chair.greet(2);
    chair.promise(2);
    chair.greet(9);
    expect(chair.promise(9, { log: "1.0" })).toEqual(["→ 9 DIFF 1.0", "→ 9 NEWLEADER 1.0"]);
  });

  test("keeps no follower off, though it counts", () => {
    const chair = served();
    chair.greet(9);
    chair.promise(9);
    chair.greet(2);
    expect(chair.promise(2)).toEqual(["→ 2 SNAP 1.0", "→ 2 a snapshot"]);
  });

  test("waits for the quorum of a new epoch: their syncs end when it is established", () => {
    const chair = new Chair({ syncLimits });
    chair.greet(1);
    chair.greet(9);
    chair.saved("accepted");
    chair.promise(1);
    chair.ack(1, "1.0");
    expect(chair.promise(9)).toEqual([]);
    expect(chair.saved("current")).toContain("established 1");
    chair.greet(19, { sid: 9 });
    expect(chair.promise(19)).toContain("→ 19 NEWLEADER 1.0");
  });
});
