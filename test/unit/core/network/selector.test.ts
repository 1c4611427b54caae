import { expect, test } from "vitest";
import { type Sid, sidOf } from "../../../../src/core/base/ids.ts";
import { type Membership, resolveTarget } from "../../../../src/core/network/selector.ts";

function ensemble(
  voters: number,
  leader: number | undefined,
  observers: number[] = [],
): Membership {
  const sids = Array.from({ length: voters }, (_, index) => sidOf(index + 1));
  return {
    voters: sids,
    observers: observers.map(sidOf),
    leader: leader === undefined ? undefined : sidOf(leader),
    isQuorum: (sidsAsked: ReadonlySet<Sid>) => sidsAsked.size > voters / 2,
  };
}

test.each([
  ["leader", ensemble(3, 2), [2]],
  ["leader", ensemble(3, undefined), []],
  ["followers", ensemble(3, 2), [1, 3]],
  ["followers", ensemble(3, undefined), [1, 2, 3]],
  ["observers", ensemble(3, 2, [4, 5]), [4, 5]],
  ["all", ensemble(2, 2, [4]), [1, 2, 4]],
  ["minority", ensemble(3, 3), [2]],
  ["minority", ensemble(3, 1), [3]],
  ["minority", ensemble(5, 5), [3, 4]],
  ["minority", ensemble(5, undefined), [4, 5]],
  ["minority", ensemble(4, 1), [4]],
  ["minority", ensemble(1, 1), []],
  ["minority", ensemble(2, 2), []],
  ["majority", ensemble(3, 3), [1, 3]],
  ["majority", ensemble(5, 4), [1, 2, 4]],
  ["majority", ensemble(4, 4), [1, 2, 4]],
] as const)("%s of %o is %o", (name, membership, expected) => {
  expect(resolveTarget(name, membership)).toEqual(expected);
});

test("where weights count, a minority leaves a quorum behind", () => {
  const weights = new Map([1, 1, 3, 1, 1].map((weight, index) => [sidOf(index + 1), weight]));
  const weightOf = (sids: ReadonlySet<Sid>): number =>
    [...sids].reduce((sum, sid) => sum + (weights.get(sid) ?? 0), 0);
  const membership = { ...ensemble(5, 1), isQuorum: (s: ReadonlySet<Sid>) => weightOf(s) > 3 };
  expect(resolveTarget("minority", membership)).toEqual([2, 4, 5]);
});
