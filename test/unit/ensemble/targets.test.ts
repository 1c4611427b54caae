import { describe, expect, test } from "vitest";
import { sidOf } from "../../../src/core/base/ids.ts";
import type { Target } from "../../../src/ensemble/api-controls.ts";
import { ZkmsError } from "../../../src/ensemble/errors.ts";
import { resolveTarget } from "../../../src/ensemble/targets.ts";

const ensemble = (leader: number | undefined) => ({
  voters: [1, 2, 3, 4, 5].map(sidOf),
  observers: [sidOf(6)],
  leader: leader === undefined ? undefined : sidOf(leader),
  isQuorum: (sids: ReadonlySet<number>) => sids.size >= 3,
});

describe("a target stands for peers", () => {
  test.each<[Target, number[]]>([
    [2, [2]],
    [
      [4, 1, 4],
      [1, 4],
    ],
    ["leader", [5]],
    ["followers", [1, 2, 3, 4]],
    ["observers", [6]],
    ["minority", [3, 4]],
    ["majority", [1, 2, 5]],
    ["all", [1, 2, 3, 4, 5, 6]],
  ])("%j", (target, ids) => {
    expect(resolveTarget(target, ensemble(5))).toEqual(ids);
  });
});

describe("a target that stands for nobody by mistake is refused", () => {
  test.each([
    [9, "ZkmsError [ZKMS_NO_SUCH_PEER]: there is no peer 9\n  try     one of 1, 2, 3, 4, 5, 6"],
    [
      [1, 9],
      "ZkmsError [ZKMS_NO_SUCH_PEER]: there is no peer 9\n  try     one of 1, 2, 3, 4, 5, 6",
    ],
    [
      "leader",
      'ZkmsError [ZKMS_BAD_STATE]: the target "leader" is nobody: there is no leader\n  try     await ensemble.leader() first',
    ],
    [
      "leaders",
      'ZkmsError [ZKMS_BAD_OPTIONS]: option target: "leaders" is no peer\'s id, no list of ids and none of leader, followers, observers, minority, majority, all\n  try     "leader"',
    ],
    [
      [{ id: 2 }],
      'ZkmsError [ZKMS_BAD_OPTIONS]: option target: {"id":2} is no peer\'s id, no list of ids and none of leader, followers, observers, minority, majority, all\n  try     peer.id',
    ],
    [
      undefined,
      "ZkmsError [ZKMS_BAD_OPTIONS]: option target: undefined is no peer's id, no list of ids and none of leader, followers, observers, minority, majority, all",
    ],
  ])("%j", (target, text) => {
    let error: unknown;
    try {
      resolveTarget(target as Target, ensemble(undefined));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ZkmsError);
    expect(String(error)).toBe(`${text}\n  docs    ${(error as ZkmsError).docs}`);
  });
});
