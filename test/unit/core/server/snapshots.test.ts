import { expect, test } from "vitest";
import { Prng } from "../../../../src/core/base/prng.ts";
import { dialects } from "../../../../src/core/protocol/dialect.ts";
import type { Effect } from "../../../../src/core/server/effects.ts";
import { Replica } from "../../../../src/core/server/replica.ts";
import { Snapshots } from "../../../../src/core/server/snapshots.ts";

const snapCount = 100;

/** How many transactions a peer logs from one snapshot to the next, `times` in a row. */
function gapsOf(seed: string, times: number): number[] {
  const replica = new Replica(undefined, dialects["3.9"]);
  const snapshots = new Snapshots(replica, snapCount, new Prng(seed));
  return Array.from({ length: times }, () => {
    const out: Effect[] = [];
    let logged = 0;
    for (; out.length === 0; logged += 1) {
      snapshots.appended();
      snapshots.takeIfDue(out);
    }
    for (const effect of out)
      if (effect.type === "saveSnapshot") snapshots.saved(effect.snapshot.zxid);
    return logged;
  });
}

test("a snapshot is due after half of snapCount at the least, and after all of it at the most", () => {
  const gaps = gapsOf("one", 500);
  expect(Math.min(...gaps)).toBe(snapCount / 2);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(snapCount);
  expect(new Set(gaps).size).toBeGreaterThan(snapCount / 4);
});

test("peers do not save all at once", () => {
  expect(gapsOf("one", 5)).not.toEqual(gapsOf("another", 5));
});
