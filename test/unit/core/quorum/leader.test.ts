import { describe, expect, test } from "vitest";
import {
  counterMax,
  linkIdOf,
  nextZxid,
  sessionIdOf,
  zxidOf,
} from "../../../../src/core/base/ids.ts";
import { Chair } from "./chair.ts";
import { at } from "./machine.ts";

describe("the epoch", () => {
  test("is above every promise of a quorum, and saved before anybody hears of it", () => {
    const chair = new Chair({ accepted: 4 });
    expect(chair.greet(1, { accepted: 6 })).toEqual(["save accepted 7"]);
    expect(chair.greet(2, { accepted: 0 })).toEqual([]);
    expect(chair.saved("accepted")).toEqual(["→ 1 LEADERINFO 7", "→ 2 LEADERINFO 7"]);
    expect(chair.greet(9, { accepted: 8 })).toEqual(["→ 9 LEADERINFO 7"]);
  });

  test("is not decided by observers", () => {
    expect(new Chair().greet(9, { accepted: 5 })).toEqual([]);
  });

  test("is given up when no quorum comes in time", () => {
    const chair = new Chair();
    expect(chair.leader.wakeAt).toBe(1000);
    expect(chair.wake(1000)).toEqual(["deposed: no quorum in discovery"]);
  });
});

describe("promises", () => {
  const discovered = (options = {}): Chair => {
    const chair = new Chair(options);
    chair.greet(1);
    chair.saved("accepted");
    return chair;
  };

  test("of a quorum make the leader save the epoch and send its history", () => {
    const chair = discovered();
    expect(chair.promise(1)).toEqual(["save current 1", "→ 1 DIFF 0.0", "→ 1 NEWLEADER 1.0"]);
  });

  test("do not come from one who promised the epoch before", () => {
    const chair = discovered();
    expect(chair.promise(1, { current: -1 })).toEqual([]);
    chair.greet(2);
    expect(chair.promise(2)).toEqual([
      "save current 1",
      "→ 1 DIFF 0.0",
      "→ 1 NEWLEADER 1.0",
      "→ 2 DIFF 0.0",
      "→ 2 NEWLEADER 1.0",
    ]);
  });

  test.each([
    { current: 2, log: "0.0", why: "a later epoch" },
    { current: 1, log: "1.4", why: "a later zxid in the same epoch" },
  ])("of one with $why are refused", ({ current, log }) => {
    const chair = discovered({ accepted: 1, current: 1, log: ["1.1", "1.2", "1.3"] });
    expect(chair.promise(1, { current, log })).toEqual([
      "hang up 1: peer 1 has a more recent history",
    ]);
  });

  test("are not compared once a quorum has promised: the rest is cut off", () => {
    const chair = discovered({ accepted: 1, current: 1, log: ["1.1", "1.2"] });
    chair.promise(1, { current: 1, log: "1.2" });
    chair.greet(2, { accepted: 1 });
    expect(chair.promise(2, { current: 1, log: "1.9" })).toEqual([
      "→ 2 TRUNC 1.2",
      "→ 2 NEWLEADER 2.0",
    ]);
  });
});

describe("adoption", () => {
  const promised = (): Chair => {
    const chair = new Chair();
    chair.greet(1);
    chair.saved("accepted");
    chair.promise(1);
    return chair;
  };

  test("needs the leader's own epoch on disk, and a quorum's ACK", () => {
    const chair = promised();
    expect(chair.ack(1, "1.0")).toEqual([]);
    expect(chair.saved("current")).toEqual(["established 1", "→ 1 UPTODATE", "→ 1 PING"]);
  });

  test("is not what the ACK of a transaction says (ZOOKEEPER-4685)", () => {
    const chair = promised();
    chair.saved("current");
    expect(chair.ack(1, "0.5")).toEqual([]);
    expect(chair.ack(1, "1.0")).toEqual(["established 1", "→ 1 UPTODATE", "→ 1 PING"]);
  });

  test("of an observer does not count", () => {
    const chair = promised();
    chair.greet(9);
    chair.promise(9);
    chair.saved("current");
    expect(chair.ack(9, "1.0")).toEqual([]);
  });

  test("by one who has left again does not count: it may follow another by now", () => {
    const chair = promised();
    chair.ack(1, "1.0");
    chair.leader.linkDown(linkIdOf(1), chair.out);
    expect(chair.saved("current")).toEqual([]);
  });

  test("by one who comes later leads to UPTODATE at once", () => {
    const chair = Chair.serving(1);
    chair.greet(2);
    expect(chair.promise(2)).toEqual(["→ 2 SNAP 1.0", "→ 2 a snapshot"]);
    expect(chair.snapshotSent(2)).toEqual(["→ 2 NEWLEADER 1.0"]);
    expect(chair.ack(2, "1.0")).toEqual(["→ 2 UPTODATE"]);
  });
});

describe("a proposal", () => {
  test("is logged and sent to followers, and commits when a quorum has it on disk", () => {
    const chair = Chair.serving(1, 2, 9);
    expect(chair.leader.nextZxid).toBe(nextZxid(at("1.0")));
    expect(chair.propose("1.1")).toEqual(["append 1.1", "→ 1 PROPOSAL 1.1", "→ 2 PROPOSAL 1.1"]);
    expect(chair.ack(1, "1.1")).toEqual([]);
    expect(chair.appended("1.1")).toEqual([
      "→ 1 COMMIT 1.1",
      "→ 2 COMMIT 1.1",
      "→ 9 INFORM 1.1",
      "deliver 1.1",
    ]);
    expect(chair.ack(2, "1.1")).toEqual([]);
  });

  test("may commit before the leader has it on disk itself", () => {
    const chair = Chair.serving(1, 2);
    chair.propose("1.1");
    chair.ack(1, "1.1");
    expect(chair.ack(2, "1.1")).toEqual(["→ 1 COMMIT 1.1", "→ 2 COMMIT 1.1", "deliver 1.1"]);
  });

  test("waits for those before it, and takes those behind it along", () => {
    const chair = Chair.serving(1);
    for (const zxid of ["1.1", "1.2", "1.3"]) chair.propose(zxid);
    chair.appended("1.3");
    expect(chair.ack(1, "1.3")).toEqual([]);
    expect(chair.ack(1, "1.2")).toEqual([]);
    expect(chair.ack(1, "1.1")).toEqual([
      "→ 1 COMMIT 1.1",
      "deliver 1.1",
      "→ 1 COMMIT 1.2",
      "deliver 1.2",
      "→ 1 COMMIT 1.3",
      "deliver 1.3",
    ]);
  });

  test("does not commit on the ACK of an observer, or of UPTODATE", () => {
    const chair = Chair.serving(1, 9);
    chair.propose("1.1");
    chair.appended("1.1");
    expect(chair.ack(9, "1.1")).toEqual([]);
    expect(chair.ack(1, "1.0")).toEqual([]);
  });

  test("under way reaches one who joins, once; its COMMIT waits for UPTODATE (ZOOKEEPER-4394)", () => {
    const chair = Chair.serving(1);
    chair.propose("1.1");
    chair.greet(2);
    expect(chair.promise(2)).toEqual(["→ 2 SNAP 1.0", "→ 2 a snapshot", "→ 2 PROPOSAL 1.1"]);
    expect(chair.snapshotSent(2)).toEqual(["→ 2 NEWLEADER 1.0"]);
    chair.ack(1, "1.1");
    expect(chair.appended("1.1")).toEqual(["→ 1 COMMIT 1.1", "deliver 1.1"]);
    expect(chair.ack(2, "1.0")).toEqual(["→ 2 UPTODATE", "→ 2 COMMIT 1.1"]);
  });

  test("that commits while a snapshot is under way is told before NEWLEADER (ZOOKEEPER-3104)", () => {
    const chair = Chair.serving(1);
    chair.propose("1.1");
    chair.greet(2);
    chair.promise(2);
    chair.ack(1, "1.1");
    expect(chair.appended("1.1")).toContain("→ 2 COMMIT 1.1");
    expect(chair.snapshotSent(2)).toEqual(["→ 2 NEWLEADER 1.0"]);
    expect(chair.snapshotSent(2)).toEqual([]);
    expect(chair.ack(2, "1.0")).toEqual(["→ 2 UPTODATE"]);
  });

  test("loses the votes of a follower that comes back and is told to cut it off", () => {
    const chair = Chair.serving(1, 2);
    chair.propose("1.1");
    chair.ack(1, "1.1");
    chair.greet(11, { sid: 1, accepted: 1 });
    chair.packet(2, { type: "PING", zxid: at("1.0"), touched: [] });
    chair.wake(250); // its older link does not answer
    chair.promise(11, { current: -1, log: "1.1" });
    expect(chair.appended("1.1")).toEqual([]);
    expect(chair.ack(11, "1.0")).toEqual(["→ 11 UPTODATE"]);
    expect(chair.ack(11, "1.1")).toEqual(["→ 2 COMMIT 1.1", "→ 11 COMMIT 1.1", "deliver 1.1"]);
  });
});

describe("a newcomer in the name of a follower", () => {
  test("is sent away when the follower answers, and may try again", () => {
    const chair = Chair.serving(1, 2);
    expect(chair.greet(11, { sid: 1, accepted: 1 })).toEqual(["→ 1 PING"]);
    expect(chair.promise(11, { current: 1, log: "1.1" })).toEqual([]);
    const answer = { type: "PING", zxid: zxidOf(-2), touched: [] } as const;
    expect(chair.packet(2, answer)).toEqual(["touched"]); // from somebody else it proves nothing
    expect(chair.packet(1, answer)).toEqual(["touched", "hang up 11: peer 1 is here already"]);
    expect(chair.greet(12, { sid: 1, accepted: 1 })).toEqual(["→ 1 PING"]);
  });

  test("takes its place when the older link is silent for half of syncLimit, or was closed", () => {
    const chair = Chair.serving(1, 2);
    chair.greet(11, { sid: 1, accepted: 1 });
    expect(chair.wake(250)).toEqual([
      "hang up 1: peer 1 has come back",
      "→ 11 LEADERINFO 1",
      "→ 2 PING",
    ]);
    chair.leader.linkDown(linkIdOf(2), chair.out);
    chair.heard();
    expect(chair.greet(12, { sid: 2, accepted: 1 })).toEqual([]);
  });

  test("that leaves meanwhile is forgotten", () => {
    const chair = Chair.serving(1, 2);
    chair.greet(11, { sid: 1, accepted: 1 });
    chair.leader.linkDown(linkIdOf(11), chair.out);
    expect(chair.wake(250)).toEqual(["→ 1 PING", "→ 2 PING"]);
  });
});

describe("a sync", () => {
  test("is answered at once when nothing is under way, else behind the COMMIT of what is", () => {
    const chair = Chair.serving(1);
    chair.leader.sync(linkIdOf(1), chair.out);
    expect(chair.heard()).toEqual(["→ 1 SYNC"]);
    chair.propose("1.1");
    chair.leader.sync(linkIdOf(1), chair.out);
    expect(chair.appended("1.1")).toEqual([]);
    expect(chair.ack(1, "1.1")).toEqual(["→ 1 COMMIT 1.1", "deliver 1.1", "→ 1 SYNC"]);
  });
});

describe("an established leader", () => {
  test("pings every half tick", () => {
    const chair = Chair.serving(1, 9);
    expect(chair.leader.wakeAt).toBe(50);
    expect(chair.wake(50)).toEqual(["→ 1 PING", "→ 9 PING"]);
    expect(chair.leader.wakeAt).toBe(100);
  });

  test("drops a follower that is silent for syncLimit, and steps down without a quorum", () => {
    const chair = Chair.serving(1, 2);
    chair.now = 300;
    chair.packet(2, { type: "PING", zxid: at("1.0"), touched: [] });
    expect(chair.wake(500)).toEqual(["hang up 1: peer 1 is silent", "→ 2 PING"]);
    expect(chair.wake(800)).toEqual([
      "hang up 2: peer 2 is silent",
      "deposed: its followers are no quorum any more",
    ]);
  });

  test("drops a follower that answers and acknowledges nothing", () => {
    const chair = Chair.serving(1, 2);
    chair.propose("1.1");
    chair.now = 450;
    for (const link of [1, 2]) chair.packet(link, { type: "PING", zxid: at("1.1"), touched: [] });
    chair.ack(2, "1.1");
    expect(chair.wake(500)).toEqual(["hang up 1: peer 1 acknowledges no proposal", "→ 2 PING"]);
  });

  test("waits for a follower that takes in a long history, whatever is proposed meanwhile", () => {
    const chair = Chair.serving(1);
    chair.greet(2);
    chair.promise(2);
    chair.propose("1.1");
    chair.ack(1, "1.1");
    expect(chair.wake(500)).toEqual(["hang up 1: peer 1 is silent", "→ 2 PING"]);
  });

  test("hears no requests before the one who sends them may serve", () => {
    const chair = new Chair();
    chair.leader.accepted(0, linkIdOf(1));
    const session = sessionIdOf(1n);
    const body = new Uint8Array(0);
    const request = { type: "REQUEST", session, cxid: 1, op: 1, body, ids: [] } as const;
    expect(chair.packet(1, request)).toEqual([]);
    chair.greet(1);
    expect(chair.packet(1, { type: "REVALIDATE", session, timeout: 100 })).toEqual([]);
    expect(Chair.serving(1).packet(1, request)).toEqual(["forwarded"]);
  });

  test("steps down as soon as a link takes its quorum away, and proposes nothing more", () => {
    const chair = Chair.serving(1);
    chair.leader.linkDown(linkIdOf(1), chair.out);
    expect(chair.heard()).toEqual(["deposed: its followers are no quorum any more"]);
    expect(chair.leader.established).toBe(false);
    expect(chair.propose("1.1")).toEqual([]);
  });
});

test("a learner with a later configuration is hung up on, after a tick: it would come back at once", () => {
  const chair = new Chair();
  expect(chair.greet(9, { config: "1.0" })).toEqual([]);
  expect(chair.leader.wakeAt).toBe(100);
  expect(chair.wake(100)).toEqual(["hang up 9: peer 9 has a later configuration"]);
});

test("the last counter is used for nothing: the leader makes way for a new epoch (ZOOKEEPER-1277)", () => {
  const chair = new Chair({ initialCounter: counterMax - 2 });
  chair.greet(1);
  chair.saved("accepted");
  chair.promise(1);
  chair.saved("current");
  chair.ack(1, "1.0");
  expect(chair.propose(`1.${counterMax - 1}`)).toContain(`append 1.${counterMax - 1}`);
  expect(chair.propose(`1.${counterMax}`)).toEqual([
    "deposed: its epoch has no zxids left",
    "hang up 1: its epoch has no zxids left",
  ]);
});
