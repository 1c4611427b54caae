import fc from "fast-check";
import { expect, test } from "vitest";
import { noSession, zxidOf } from "../../../../src/core/base/ids.ts";
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

/** What `PendingChanges` does to it: a newer change hides one, the newest is taken back, the oldest is applied. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put"), node: fc.nat(150) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rollback"), node: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("applied"), node: fc.constant(0) }) },
);

test("whatever comes, is hidden, taken back and applied, each path's newest change is found, and no other", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: "max" }), (steps) => {
      const changes = new ChangesByPath();
      const newest = new Map<string, Change>();
      const inOrder: { readonly change: Change; readonly hides: Change | undefined }[] = [];
      const replace = (path: string, by: Change | undefined): void => {
        const before = newest.get(path);
        if (before !== undefined) changes.remove(before);
        newest.delete(path);
        if (by === undefined) return;
        changes.add(by);
        newest.set(path, by);
      };
      for (const [at, { kind, node }] of steps.entries()) {
        if (kind === "put") {
          const change = new Change(`/n${node}`, zxidOf(at), state);
          inOrder.push({ change, hides: newest.get(change.path) });
          replace(change.path, change);
        } else if (kind === "rollback") {
          const last = inOrder.pop();
          const isApplied = !inOrder.some(({ change }) => change === last?.hides);
          if (last !== undefined) replace(last.change.path, isApplied ? undefined : last.hides);
        } else {
          const first = inOrder.shift()?.change;
          if (first !== undefined && newest.get(first.path) === first)
            replace(first.path, undefined);
        }
      }
      const found = Array.from({ length: 151 }, (_, node) => changes.get(`/n${node}`));
      const expected = found.map((_, node) => newest.get(`/n${node}`));
      expect(found.every((change, node) => change === expected[node])).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test("a change that is not there cannot be removed, and those that are stay", () => {
  const changes = new ChangesByPath();
  const [stale, there] = [1, 2].map((by) => new Change("/a", zxidOf(by), state));
  if (stale === undefined || there === undefined) throw new Error("two changes");
  changes.add(there);
  expect(() => changes.remove(stale)).toThrow("the change to be removed is missing");
  expect(changes.get("/a")).toBe(there);
});

test("the places of very many changes are given back when the last is gone, those of many are kept", () => {
  const rooms = [4096, 20_000].map((count) => {
    const changes = new ChangesByPath();
    const all = Array.from(
      { length: count },
      (_, node) => new Change(`/n${node}`, zxidOf(1), state),
    );
    for (const change of all) changes.add(change);
    for (const change of all) changes.remove(change);
    return changes.places;
  });
  expect(rooms).toEqual([4096, 64]);
});
