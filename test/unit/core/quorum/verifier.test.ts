import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Sid, sidOf, zxidOf } from "../../../../src/core/base/ids.ts";
import type { EnsembleConfig, Member } from "../../../../src/core/quorum/config.ts";
import { QuorumVerifier } from "../../../../src/core/quorum/verifier.ts";

const member = (sid: number, more: Partial<Member> = {}): Member => ({
  sid: sidOf(sid),
  host: "127.0.0.1",
  quorumPort: 2000 + sid,
  electionPort: 3000 + sid,
  role: "participant",
  client: undefined,
  weight: 1,
  group: undefined,
  ...more,
});
const config = (...members: Member[]): EnsembleConfig => ({ version: zxidOf(0), members });

const maskOf = (verifier: QuorumVerifier, sids: Iterable<number>): number => {
  let mask = 0;
  for (const sid of sids) mask |= verifier.bit(sidOf(sid));
  return mask;
};

describe("a majority", () => {
  test.each([
    { voters: 1, enough: 1 },
    { voters: 2, enough: 2 },
    { voters: 3, enough: 2 },
    { voters: 4, enough: 3 },
    { voters: 5, enough: 3 },
    { voters: 30, enough: 16 },
  ])("of $voters voters is $enough", ({ voters, enough }) => {
    const sids = Array.from({ length: voters }, (_, index) => index + 1);
    const verifier = new QuorumVerifier(config(...sids.map((sid) => member(sid))));
    expect(verifier.isQuorum(maskOf(verifier, sids.slice(0, enough)))).toBe(true);
    expect(verifier.isQuorum(maskOf(verifier, sids.slice(0, enough - 1)))).toBe(false);
  });

  test("counts neither observers nor strangers", () => {
    const observers = [4, 5].map((sid) => member(sid, { role: "observer" }));
    const verifier = new QuorumVerifier(config(member(1), member(2), member(3), ...observers));
    expect(verifier.voters).toEqual([1, 2, 3]);
    expect([4, 9].map((sid) => verifier.isVoter(sidOf(sid)))).toEqual([false, false]);
    expect(verifier.isQuorum(maskOf(verifier, [1, 4, 5, 9]))).toBe(false);
    expect(verifier.mayLead(sidOf(4))).toBe(false);
  });

  test("takes no more voters than a mask has bits", () => {
    const many = Array.from({ length: 31 }, (_, index) => member(index + 1));
    expect(() => new QuorumVerifier(config(...many))).toThrow("31 voters, the limit is 30");
  });
});

test("while a reconfiguration is under way it takes a quorum of both configurations", () => {
  const verifier = new QuorumVerifier(
    config(member(1), member(2), member(3)),
    config(member(3), member(4), member(5), member(2, { role: "observer" })),
  );
  expect(verifier.voters).toEqual([1, 2, 3, 4, 5]);
  const isQuorum = (...sids: number[]): boolean => verifier.isQuorum(maskOf(verifier, sids));
  expect(isQuorum(1, 2, 3)).toBe(false);
  expect(isQuorum(3, 4, 5)).toBe(false);
  expect(isQuorum(1, 3, 4)).toBe(true);
  expect(isQuorum(1, 2, 4, 5)).toBe(true);
});

describe("groups and weights", () => {
  const three = config(
    ...[1, 2, 3].map((sid) => member(sid, { group: 1 })),
    ...[4, 5, 6].map((sid) => member(sid, { group: 2 })),
    ...[7, 8, 9].map((sid) => member(sid, { group: 3 })),
  );

  test.each([
    { sids: [1, 2, 4, 5], quorum: true, why: "a majority in two of three groups" },
    { sids: [1, 2, 3, 4, 7], quorum: false, why: "five voters, but only one group is won" },
    { sids: [1, 2, 5, 6, 7, 8], quorum: true, why: "all groups" },
  ])("$sids: $why", ({ sids, quorum }) => {
    const verifier = new QuorumVerifier(three);
    expect(verifier.isQuorum(maskOf(verifier, sids))).toBe(quorum);
  });

  test("a voter of weight 0 counts for nothing and may not lead", () => {
    const verifier = new QuorumVerifier(
      config(
        member(1, { group: 1, weight: 2 }),
        member(2, { group: 1, weight: 1 }),
        member(3, { group: 1, weight: 0 }),
      ),
    );
    expect([1, 2, 3].map((sid) => verifier.mayLead(sidOf(sid)))).toEqual([true, true, false]);
    expect(verifier.isQuorum(maskOf(verifier, [1]))).toBe(true);
    expect(verifier.isQuorum(maskOf(verifier, [2, 3]))).toBe(false);
  });

  test("a group without weight is no group to win", () => {
    const verifier = new QuorumVerifier(
      config(member(1, { group: 1 }), member(2, { group: 2, weight: 0 })),
    );
    expect(verifier.isQuorum(maskOf(verifier, [1]))).toBe(true);
  });
});

/** As QuorumHierarchical and QuorumMaj count, on sets. */
function naively(members: readonly Member[], sids: ReadonlySet<Sid>): boolean {
  const voters = members.filter((each) => each.role === "participant");
  if (voters.every((each) => each.group === undefined)) {
    return voters.filter((each) => sids.has(each.sid)).length > Math.floor(voters.length / 2);
  }
  const sum = (group: number, all: boolean): number =>
    voters
      .filter((each) => each.group === group && (all || sids.has(each.sid)))
      .reduce((total, each) => total + each.weight, 0);
  const groups = [...new Set(voters.map((each) => each.group ?? 0))].filter(
    (g) => sum(g, true) > 0,
  );
  const won = groups.filter((group) => sum(group, false) > Math.floor(sum(group, true) / 2));
  return won.length > Math.floor(groups.length / 2);
}

describe("any configuration", () => {
  const roles = fc.constantFrom("participant" as const, "observer" as const);
  const anyMembers = fc
    .tuple(
      fc.boolean(),
      fc.array(fc.tuple(roles, fc.nat({ max: 3 }), fc.integer({ min: 1, max: 3 })), {
        minLength: 1,
        maxLength: 9,
      }),
    )
    .map(([grouped, rows]) =>
      rows.map(([role, weight, group], index) =>
        member(index + 1, grouped ? { role, weight, group } : { role }),
      ),
    );

  test("has the quorums that a naive count finds", () => {
    fc.assert(
      fc.property(anyMembers, fc.array(fc.integer({ min: 1, max: 10 })), (members, sids) => {
        const verifier = new QuorumVerifier(config(...members));
        const expected = naively(members, new Set(sids.map(sidOf)));
        expect(verifier.isQuorum(maskOf(verifier, sids))).toBe(expected);
      }),
    );
  });

  test("has no two quorums without a common voter", () => {
    fc.assert(
      fc.property(anyMembers, fc.nat(), (members, random) => {
        const verifier = new QuorumVerifier(config(...members));
        const all = maskOf(
          verifier,
          members.map((each) => each.sid),
        );
        const one = random & all;
        expect(verifier.isQuorum(one) && verifier.isQuorum(all & ~one)).toBe(false);
      }),
    );
  });
});
