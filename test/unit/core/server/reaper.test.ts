import { expect, test } from "vitest";
import { zxidOf } from "../../../../src/core/base/ids.ts";
import { Reaper } from "../../../../src/core/server/reaper.ts";
import { DataTree } from "../../../../src/core/tree/tree.ts";
import { ttlOwnerOf } from "../../../../src/core/tree/znode.ts";

test("looks at a fixed rate, and takes no more than its share of a minute", () => {
  const tree = new DataTree();
  for (const path of ["/a", "/b", "/c"]) {
    const owner = ttlOwnerOf(10);
    tree.insert(path, { data: null, acl: null, owner, zxid: zxidOf(1), time: 0 });
  }
  const reaper = new Reaper({ checkIntervalMs: 30_000, perMinuteMax: 4, neverUsedMaxMs: 0 });
  reaper.start(500);
  const looks = [30_499, 30_500, 60_510, 90_500, 120_500].map((now) => [
    now,
    reaper.due(tree, { now, time: now }),
    reaper.wakeAt,
  ]);
  // Nobody applies the deletions here, so each look finds the same three.
  expect(looks).toEqual([
    [30_499, [], 30_500],
    [30_500, ["/a", "/b", "/c"], 60_500],
    [60_510, ["/a"], 90_500],
    [90_500, ["/a", "/b", "/c"], 120_500],
    [120_500, ["/a"], 150_500],
  ]);
});
