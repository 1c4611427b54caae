import { describe, expect, test } from "vitest";
import { epochFrom, longMin, sidOf, zxidOf } from "../../../../src/core/base/ids.ts";
import { type Notification, PeerState } from "../../../../src/core/packets/notification.ts";
import { parseConfig } from "../../../../src/core/quorum/config.ts";
import type { QuorumOutput } from "../../../../src/core/quorum/effects.ts";
import { Election, settlingMs } from "../../../../src/core/quorum/election.ts";
import { Membership } from "../../../../src/core/quorum/membership.ts";

const { looking, following, leading, observing } = PeerState;
const stateNames = ["looking", "following", "leading", "observing"];
const three = parseConfig(
  "server.1=h:1:2\nserver.2=h:3:4\nserver.3=h:5:6\nserver.9=h:7:8:observer",
);

const membership = Membership.of(three, { reconfigEnabled: false });

/** One peer's election, spoken to in short; `heard` are its outputs as lines since the last look. */
class Booth {
  readonly election: Election;
  #out: QuorumOutput[] = [];

  constructor(sid: number) {
    this.election = new Election(sidOf(sid), membership);
  }

  start(now = 0, zxid = 0, epoch = 0): string[] {
    const history = { zxid: zxidOf(zxid), epoch: epochFrom(epoch) };
    this.election.start(now, history, this.#out);
    return this.heard();
  }

  hear(from: number, state: number, vote: string, now = 0): string[] {
    this.election.notified(now, sidOf(from), notification(state, vote), this.#out);
    return this.heard();
  }

  reach(sid: number, reachable: boolean, now = 0): string[] {
    this.election.reachable(now, sidOf(sid), reachable, this.#out);
    return this.heard();
  }

  wake(now: number): string[] {
    this.election.woken(now, this.#out);
    return this.heard();
  }

  heard(): string[] {
    const lines = this.#out.flatMap(lineOf);
    this.#out = [];
    return lines;
  }
}

/** `leader@zxid/epoch r round` */
function notification(state: number, vote: string): Notification {
  const [, leader = 0, zxid = 0, epoch = 0, round = 0] =
    /^(-?\d+)@(-?\d+)\/(-?\d+) r(\d+)$/.exec(vote)?.map(Number) ?? [];
  return {
    state,
    vote: { leader: sidOf(leader), zxid: zxidOf(zxid), epoch: epochFrom(epoch) },
    round,
    version: 2,
    config: "",
  };
}

function lineOf(output: QuorumOutput): string[] {
  if (output.type === "elected") return [`elected ${output.vote.leader}`];
  if (output.type !== "vote") return [];
  const { state, vote, round } = output.notification;
  return [`${output.to}: ${stateNames[state]} ${vote.leader}@${vote.zxid}/${vote.epoch} r${round}`];
}

describe("while looking", () => {
  test("a voter tells all other voters whom it wants: itself at first", () => {
    expect(new Booth(2).start(0, 7, 1)).toEqual(["1: looking 2@7/1 r1", "3: looking 2@7/1 r1"]);
  });

  test("an observer wants nobody", () => {
    const nobody = `looking ${longMin}@${longMin}/${longMin} r1`;
    expect(new Booth(9).start()).toEqual([`1: ${nobody}`, `2: ${nobody}`, `3: ${nobody}`]);
  });

  test("a better vote is adopted and told to all, a worse one is not", () => {
    const booth = new Booth(2);
    booth.start();
    expect(booth.hear(3, looking, "3@0/0 r1")).toEqual([
      "1: looking 3@0/0 r1",
      "3: looking 3@0/0 r1",
    ]);
    expect(booth.hear(1, looking, "1@0/0 r1")).toEqual(["elected 3"]);
  });

  test("a vote of an earlier round is answered and not counted", () => {
    const booth = new Booth(2);
    booth.start();
    booth.start();
    expect(booth.hear(1, looking, "2@0/0 r1")).toEqual(["1: looking 2@0/0 r2"]);
    expect(booth.election.wakeAt).toBe(200);
  });

  test("a later round is joined, with the better of its vote and one's own", () => {
    const booth = new Booth(2);
    booth.start(0, 5, 1);
    expect(booth.hear(1, looking, "1@3/1 r7")).toEqual([
      "1: looking 2@5/1 r7",
      "3: looking 2@5/1 r7",
    ]);
    expect(booth.election.round).toBe(7);
  });

  test("a vote with zxid −1, empty and not trusted, is ignored", () => {
    const booth = new Booth(2);
    booth.start();
    expect(booth.hear(3, looking, "3@-1/0 r1")).toEqual([]);
    expect(booth.election.proposal.leader).toBe(2);
  });

  test("a vote for one who has no vote is ignored", () => {
    const booth = new Booth(2);
    booth.start();
    expect(booth.hear(3, looking, "9@9/9 r1")).toEqual([]);
  });

  test("silence is broken again and again, ever more slowly", () => {
    const booth = new Booth(2);
    booth.start();
    const moments: number[] = [];
    for (let i = 0; i < 11; i += 1) {
      moments.push(booth.election.wakeAt);
      expect(booth.wake(booth.election.wakeAt)).toHaveLength(2);
    }
    const gaps = moments.map((at, i) => at - (moments[i - 1] ?? 0));
    expect(gaps).toEqual([200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000]);
  });
});

describe("with a quorum for one's choice", () => {
  test("a voter that may be there and is silent is waited for", () => {
    const booth = new Booth(2);
    booth.start(100);
    expect(booth.hear(1, looking, "2@0/0 r1", 110)).toEqual([]);
    expect(booth.election.wakeAt).toBe(110 + settlingMs);
    expect(booth.wake(110 + settlingMs)).toEqual(["elected 2"]);
  });

  test("nobody is waited for once all have voted", () => {
    const booth = new Booth(2);
    booth.start();
    booth.hear(3, looking, "2@0/0 r1");
    expect(booth.hear(1, looking, "2@0/0 r1")).toEqual(["elected 2"]);
  });

  test("nor one whose port refuses", () => {
    const booth = new Booth(2);
    booth.start();
    booth.reach(3, false);
    expect(booth.hear(1, looking, "2@0/0 r1")).toEqual(["elected 2"]);
  });

  test("news that the silent one is not there ends the waiting", () => {
    const booth = new Booth(2);
    booth.start();
    booth.hear(1, looking, "2@0/0 r1");
    expect(booth.reach(3, false)).toEqual(["elected 2"]);
  });

  test("a better vote in the meantime opens the election again", () => {
    const booth = new Booth(2);
    booth.start();
    booth.hear(1, looking, "2@0/0 r1");
    expect(booth.hear(1, looking, "3@5/0 r1", 50)).toEqual([
      "1: looking 3@5/0 r1",
      "3: looking 3@5/0 r1",
    ]);
    expect(booth.election.wakeAt).toBe(50 + settlingMs);
  });
});

describe("where a leader is there already", () => {
  test("a quorum that follows, and the leader's own word, are enough, in whatever round", () => {
    const booth = new Booth(1);
    booth.start();
    expect(booth.hear(2, following, "3@5/4 r9")).toEqual([]);
    expect(booth.hear(3, leading, "3@5/4 r9")).toEqual(["elected 3"]);
    expect(booth.election.round).toBe(9);
  });

  test("followers alone are not: the leader may be dead", () => {
    const booth = new Booth(1);
    booth.start();
    booth.hear(2, following, "3@5/4 r1");
    expect(booth.hear(1, following, "3@5/4 r1")).toEqual([]);
    expect(booth.hear(2, following, "3@5/4 r1")).toEqual([]);
  });

  test("answers of different epochs do not add up", () => {
    const booth = new Booth(1);
    booth.start();
    booth.hear(2, following, "3@5/4 r9");
    expect(booth.hear(3, leading, "3@5/5 r9")).toEqual([]);
  });

  test("an observing peer's word counts for nothing", () => {
    const booth = new Booth(1);
    booth.start();
    booth.hear(2, observing, "3@5/4 r9");
    expect(booth.hear(3, leading, "3@5/4 r9")).toEqual([]);
  });
});

describe("after the election", () => {
  const led = (): Booth => {
    const booth = new Booth(2);
    booth.start();
    booth.hear(3, looking, "2@0/0 r1");
    booth.hear(1, looking, "2@0/0 r1");
    return booth;
  };

  test("those who look hear the outcome, others nothing", () => {
    const booth = led();
    expect(booth.hear(3, looking, "3@0/0 r4")).toEqual(["3: leading 2@0/0 r1"]);
    expect(booth.hear(3, following, "3@0/0 r4")).toEqual([]);
  });

  test("the outcome carries the epoch once it is established (ZOOKEEPER-1732)", () => {
    const booth = led();
    booth.election.establish(epochFrom(5));
    expect(booth.hear(3, looking, "3@0/0 r4")).toEqual(["3: leading 2@0/5 r1"]);
  });

  test("observers hear it too, but only when they look", () => {
    const booth = led();
    expect(booth.hear(9, looking, `${longMin}@${longMin}/${longMin} r1`)).toEqual([
      "9: leading 2@0/0 r1",
    ]);
    expect(booth.hear(9, observing, "2@0/0 r1")).toEqual([]);
  });
});

test("an observer does not correct a voter of an earlier round: they would answer each other for ever", () => {
  const booth = new Booth(9);
  booth.start();
  booth.start();
  expect(booth.hear(1, looking, "1@0/0 r1")).toEqual([]);
});

test("who looks answers whom it does not count once a round: two that do not count each other would go on for ever", () => {
  const booth = new Booth(1);
  booth.start();
  const ask = (): string[] => booth.hear(9, looking, `${longMin}@${longMin}/${longMin} r1`);
  expect([ask(), ask()]).toEqual([["9: looking 1@0/0 r1"], []]);
  booth.start();
  expect([ask(), ask()]).toEqual([["9: looking 1@0/0 r2"], []]);
});
