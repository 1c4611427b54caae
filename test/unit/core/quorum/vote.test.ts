import { describe, expect, test } from "vitest";
import { epochFrom, sidOf, zxidOf } from "../../../../src/core/base/ids.ts";
import { PeerState, type Vote } from "../../../../src/core/packets/notification.ts";
import { parseConfig } from "../../../../src/core/quorum/config.ts";
import { QuorumVerifier } from "../../../../src/core/quorum/verifier.ts";
import { agrees, beats, type CastVote, supporters } from "../../../../src/core/quorum/vote.ts";

const verifier = new QuorumVerifier(
  parseConfig("server.1=h:1:2\nserver.2=h:3:4\nserver.3=h:5:6\nserver.4=h:7:8:observer"),
);
const vote = (leader: number, zxid: number, epoch: number): Vote => ({
  leader: sidOf(leader),
  zxid: zxidOf(zxid),
  epoch: epochFrom(epoch),
});
const { looking, following, leading } = PeerState;

describe("a vote beats another", () => {
  test.each([
    { better: vote(1, 5, 2), worse: vote(3, 9, 1), why: "the later epoch, whatever else" },
    { better: vote(1, 6, 2), worse: vote(3, 5, 2), why: "the later zxid in one epoch" },
    { better: vote(3, 5, 2), worse: vote(1, 5, 2), why: "the greater number of equals" },
  ])("by $why", ({ better, worse }) => {
    expect([beats(better, worse, verifier), beats(worse, better, verifier)]).toEqual([true, false]);
  });

  test("never itself, nor if its candidate has no vote", () => {
    expect(beats(vote(2, 5, 2), vote(2, 5, 2), verifier)).toBe(false);
    expect(beats(vote(4, 9, 9), vote(1, 0, 0), verifier)).toBe(false);
    expect(beats(vote(7, 9, 9), vote(1, 0, 0), verifier)).toBe(false);
  });
});

const cast = (state: number, round: number, of: Vote, version = 2): CastVote => ({
  vote: of,
  round,
  state,
  version,
});

describe("two votes support each other (Vote.equals)", () => {
  const own = cast(looking, 3, vote(2, 5, 1));
  test.each([
    { left: own, right: cast(looking, 3, vote(2, 5, 1)), same: true, why: "all is equal" },
    { left: own, right: cast(looking, 4, vote(2, 5, 1)), same: false, why: "another round" },
    { left: own, right: cast(looking, 3, vote(2, 6, 1)), same: false, why: "another zxid" },
    { left: own, right: cast(following, 4, vote(2, 5, 1)), same: false, why: "one side looks" },
    { left: own, right: cast(looking, 3, vote(3, 5, 1)), same: false, why: "another leader" },
    {
      left: cast(following, 3, vote(2, 5, 1)),
      right: cast(leading, 9, vote(2, 8, 1)),
      same: true,
      why: "nobody looks: leader and epoch suffice",
    },
    {
      left: cast(following, 3, vote(2, 5, 1)),
      right: cast(leading, 3, vote(2, 5, 2)),
      same: false,
      why: "nobody looks, another epoch",
    },
    {
      left: cast(following, 3, vote(2, 5, 1), 0),
      right: cast(leading, 3, vote(2, 5, 2)),
      same: true,
      why: "one is of the oldest format: the leader suffices",
    },
  ])("$why: $same", ({ left, right, same }) => {
    expect([agrees(left, right), agrees(right, left)]).toEqual([same, same]);
  });
});

test("supporters are the voters who agree, whoever else does", () => {
  const probe = cast(looking, 1, vote(3, 0, 0));
  const votes = new Map([
    [sidOf(1), probe],
    [sidOf(2), cast(looking, 2, vote(3, 0, 0))],
    [sidOf(3), probe],
    [sidOf(4), probe],
  ]);
  expect(supporters(votes, probe, verifier)).toBe(verifier.bit(sidOf(1)) | verifier.bit(sidOf(3)));
});
