import { describe, expect, test } from "vitest";
import type { PeerId } from "../../../src/ensemble/api-controls.ts";
import {
  type Cut,
  describePeers,
  type PeerPicture,
  type Picture,
  reachesQuorum,
  whyNoLeader,
} from "../../../src/ensemble/picture.ts";

const peer = (id: PeerId, fields: Partial<PeerPicture> = {}): PeerPicture => ({
  id,
  votes: true,
  role: "looking",
  serving: false,
  leader: undefined,
  round: 4,
  zxid: 0x1_0000_0007n,
  downFor: undefined,
  ...fields,
});
const crashed = (id: PeerId) => peer(id, { role: "crashed", downFor: 3120 });

function picture(peers: readonly PeerPicture[], fields: Partial<Picture> = {}): Picture {
  const voters = peers.filter(({ votes }) => votes).length;
  return {
    peers,
    cuts: [],
    faults: [],
    timeStands: false,
    isQuorum: (ids) => ids.length * 2 > voters,
    ...fields,
  };
}
const cut = (...pairs: [PeerId, PeerId][]): Cut[] =>
  pairs.map(([from, to]) => ({ from, to, fault: "partition #2" }));

describe("the line of peers", () => {
  test("tells of each what it does and from whom it is cut", () => {
    const peers = [peer(1), crashed(2), peer(3)];
    expect(describePeers(picture(peers, { cuts: cut([1, 3], [3, 1]) }))).toBe(
      "1 looking round 4 zxid 0x100000007 | 2 crashed 3120 ms ago | " +
        "3 looking round 4 zxid 0x100000007, cut from 1 (partition #2)",
    );
  });

  test("tells who follows whom, who does not serve, and who hears nothing", () => {
    const peers = [
      peer(1, { role: "leader", leader: 1, serving: true }),
      peer(2, { role: "follower", leader: 1, serving: true, zxid: 0x1_0000_0006n }),
      peer(3, { role: "observer", leader: 1, votes: false }),
    ];
    expect(describePeers(picture(peers, { cuts: cut([1, 2]) }))).toBe(
      "1 leader zxid 0x100000007 | " +
        "2 follower of 1 zxid 0x100000006, hears nothing from 1 (partition #2) | " +
        "3 observer of 1 zxid 0x100000007, not serving",
    );
  });
});

describe("why nobody leads", () => {
  test.each([
    [
      "too few are up",
      picture([peer(1), crashed(2), peer(3, { role: "paused", downFor: 5 })]),
      "1 of 3 voters is up, which is no quorum",
      "ensemble.peer(2).start()",
    ],
    [
      "a paused one would do",
      picture([peer(1), peer(2, { role: "paused", downFor: 5 }), crashed(3)]),
      "1 of 3 voters is up, which is no quorum",
      "ensemble.peer(2).resume()",
    ],
    [
      "those who are up are apart",
      picture([peer(1), crashed(2), peer(3)], { cuts: cut([1, 3], [3, 1]) }),
      "2 of 3 voters are up, but 1 and 3 cannot reach each other",
      "ensemble.heal() or ensemble.peer(2).start()",
    ],
    [
      "one direction is enough to keep them apart",
      picture([peer(1), peer(2), crashed(3)], { cuts: cut([1, 2]) }),
      "2 of 3 voters are up, but 1 and 2 cannot reach each other",
      "ensemble.heal() or ensemble.peer(3).start()",
    ],
    [
      "everybody is cut from everybody",
      picture(
        [1, 2, 3, 4, 5].map((id) => peer(id)),
        {
          cuts: [1, 2, 3, 4, 5].flatMap((from) =>
            cut(
              ...[1, 2, 3, 4, 5]
                .filter((to) => to !== from)
                .map((to): [PeerId, PeerId] => [from, to]),
            ),
          ),
        },
      ),
      "5 of 5 voters are up, but no quorum of them can reach each other",
      "ensemble.heal()",
    ],
    [
      "time stands",
      picture([peer(1), peer(2), peer(3)], { timeStands: true }),
      "3 of 3 voters are up, but the clock is manual: time stands still, and elections need some",
      "ensemble.clock.advance(ms)",
    ],
    [
      "a leader waits for followers",
      picture([peer(1, { role: "leader" }), peer(2), peer(3)]),
      "1 was elected, but no quorum of followers has caught up with it",
      "a longer timeout",
    ],
    [
      "it takes its time",
      picture([peer(1), peer(2), peer(3)]),
      "3 of 3 voters are up and reach each other: their election had not ended",
      "a longer timeout",
    ],
    [
      "observers do not count",
      picture([peer(1), crashed(2), crashed(3), peer(4, { votes: false })]),
      "1 of 3 voters is up, which is no quorum",
      "ensemble.peer(2).start()",
    ],
  ])("%s", (_, seen, why, hint) => {
    expect(whyNoLeader(seen)).toEqual({ why, hint });
  });
});

test("a peer reaches a quorum over links that are open both ways", () => {
  const seen = picture([peer(1), peer(2), peer(3), peer(4, { votes: false })], {
    cuts: cut([1, 3], [3, 1], [3, 2], [4, 1]),
  });
  expect([1, 2, 3, 4].map((id) => reachesQuorum(id, seen))).toEqual([true, true, false, true]);
});
