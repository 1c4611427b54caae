import { expect, test } from "vitest";
import { noSession, zxidOf } from "../../../../src/core/base/ids.ts";
import { Prng } from "../../../../src/core/base/prng.ts";
import { Change, ChangesByPath } from "../../../../src/core/server/changes.ts";
import type { NodeState } from "../../../../src/core/tree/znode.ts";

const state: NodeState = {
  dataLength: 0,
  acl: null,
  owner: noSession,
  czxid: zxidOf(1),
  mzxid: zxidOf(1),
  pzxid: zxidOf(1),
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  childCount: 0,
  content: 0,
  digest: 0,
};

test("Among hundreds that come and go, each path's change is found, and no other", () => {
  const prng = new Prng("changes");
  const changes = new ChangesByPath();
  const expected = new Map<string, Change>();
  for (let step = 0; step < 20_000; step += 1) {
    // The count swings between none and a thousand, so that places fill, chains grow and are cleared again.
    const path = `/n${prng.below(step % 4000 < 2000 ? 1000 : 30)}`;
    const before = expected.get(path);
    expect(changes.get(path)).toBe(before);
    if (before !== undefined) {
      changes.remove(before);
      expected.delete(path);
    } else {
      const change = new Change(path, zxidOf(step), state);
      changes.add(change);
      expected.set(path, change);
    }
  }
  for (let node = 0; node < 1000; node += 1) {
    const path = `/n${node}`;
    expect(changes.get(path)).toBe(expected.get(path));
  }
  changes.clear();
  for (const path of expected.keys()) expect(changes.get(path)).toBeUndefined();
});
