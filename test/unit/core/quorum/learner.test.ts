import { describe, expect, test } from "vitest";
import { epochFrom, linkIdOf, sessionIdOf, sidOf } from "../../../../src/core/base/ids.ts";
import type { QuorumPacket } from "../../../../src/core/packets/quorum-packet.ts";
import type { QuorumOutput } from "../../../../src/core/quorum/effects.ts";
import { Learner } from "../../../../src/core/quorum/learner.ts";
import { at, entryAt, membership, take, timing } from "./machine.ts";

const link = linkIdOf(5);

/** A follower (peer 1) or an observer (peer 9) of peer 3. */
class Pupil {
  readonly learner: Learner;
  readonly out: QuorumOutput[] = [];
  now = 0;

  constructor({ accepted = 0, current = 0, log = "0.0", sid = 1, startOver = false } = {}) {
    this.learner = new Learner({
      now: 0,
      sid: sidOf(sid),
      leader: sidOf(3),
      observer: sid === 9,
      isDesignated: false,
      membership,
      timing,
      acceptedEpoch: epochFrom(accepted),
      currentEpoch: epochFrom(current),
      lastLogged: at(log),
      startOver,
    });
    this.learner.start(this.out);
  }

  heard(): string[] {
    return take(this.out);
  }

  dialed(reached = true): string[] {
    this.learner.dialed(this.now, reached ? link : undefined, this.out);
    return this.heard();
  }

  wake(now: number): string[] {
    this.now = now;
    this.learner.woken(now, this.out);
    return this.heard();
  }

  /** Packets in short: `PROPOSAL 1.1`, `LEADERINFO 2`, … */
  get(...texts: readonly string[]): string[] {
    for (const text of texts) this.learner.packet(this.now, link, packetOf(text), this.out);
    return this.heard();
  }

  saved(which: "accepted" | "current", epoch: number): string[] {
    this.learner.epochSaved(which, epochFrom(epoch), this.out);
    return this.heard();
  }

  appended(upTo: string): string[] {
    this.learner.appended(at(upTo), this.out);
    return this.heard();
  }

  /** Has promised epoch 2, with a log up to `log`. */
  static promised(options: { log?: string; sid?: number; startOver?: boolean } = {}): Pupil {
    const pupil = new Pupil({ accepted: 1, current: 1, log: "1.2", ...options });
    pupil.dialed();
    pupil.get("LEADERINFO 2");
    pupil.saved("accepted", 2);
    return pupil;
  }

  static serving(options: { sid?: number } = {}): Pupil {
    const pupil = Pupil.promised(options);
    pupil.get("DIFF 1.2", "NEWLEADER 2.0");
    pupil.saved("current", 2);
    pupil.get("UPTODATE");
    return pupil;
  }
}

function packetOf(text: string): QuorumPacket {
  const [type = "", value = "0.0"] = text.split(" ");
  switch (type) {
    case "LEADERINFO":
      return { type, epoch: epochFrom(Number(value)) };
    case "PROPOSAL":
    case "INFORM":
      return { type, entry: entryAt(value) };
    case "COMMIT":
    case "DIFF":
    case "TRUNC":
    case "SNAP":
      return { type, zxid: at(value) };
    case "NEWLEADER":
      return { type, zxid: at(value), config: null };
    case "SNAPSHOT":
      return { type, bytes: Uint8Array.of(1, 2, 3), last: value === "last" };
    case "PING":
      return { type, zxid: at(value), touched: null };
    case "UPTODATE":
    case "SYNC":
      return { type };
    default:
      throw new Error(`no packet ${text}`);
  }
}

describe("dialling", () => {
  test("a follower says what it has promised, an observer too", () => {
    const follower = new Pupil({ accepted: 4 });
    expect(follower.heard()).toEqual(["dial 3"]);
    expect(follower.dialed()).toEqual(["→ 5 FOLLOWERINFO 4"]);
    expect(new Pupil({ sid: 9 }).dialed().at(-1)).toBe("→ 5 OBSERVERINFO 0");
  });

  test("is tried again after growing pauses, then the leader is given up", () => {
    const pupil = new Pupil();
    const pauses: number[] = [];
    pupil.heard();
    for (;;) {
      const lines = pupil.dialed(false);
      if (lines.length > 0) {
        expect(lines).toEqual(["deposed: the leader cannot be reached"]);
        break;
      }
      pauses.push(pupil.learner.wakeAt - pupil.now);
      expect(pupil.wake(pupil.learner.wakeAt)).toEqual(["dial 3"]);
    }
    expect(pauses).toEqual([2, 5, 10, 20, 40, 80, 100, 100]);
  });

  test("ends with initLimit, whatever comes of it later", () => {
    const pupil = new Pupil();
    pupil.heard();
    expect(pupil.wake(1000)).toEqual(["deposed: the leader is silent (dialing)"]);
  });
});

describe("an epoch", () => {
  const met = (accepted: number): Pupil => {
    const pupil = new Pupil({ accepted, current: 1, log: "1.2" });
    pupil.dialed();
    return pupil;
  };

  test("above the one promised is saved before it is promised", () => {
    const pupil = met(1);
    expect(pupil.get("LEADERINFO 2")).toEqual(["save accepted 2"]);
    expect(pupil.saved("accepted", 2)).toEqual(["→ 5 ACKEPOCH 1 1.2"]);
  });

  test("promised before is no second vote", () => {
    expect(met(2).get("LEADERINFO 2")).toEqual(["→ 5 ACKEPOCH -1 1.2"]);
  });

  test("below the one promised is refused, after a tick", () => {
    const pupil = met(3);
    expect(pupil.get("LEADERINFO 2")).toEqual([]);
    expect(pupil.learner.wakeAt).toBe(timing.tickTime);
    expect(pupil.wake(timing.tickTime)).toEqual([
      "deposed: epoch 2 is below the one promised",
      "hang up 5: epoch 2 is below the one promised",
    ]);
  });
});

describe("NEWLEADER is acknowledged", () => {
  test("after the committed history is logged, applied and durable, and then the epoch is", () => {
    const pupil = Pupil.promised();
    expect(
      pupil.get("DIFF 1.4", "PROPOSAL 1.3", "COMMIT 1.3", "PROPOSAL 1.4", "COMMIT 1.4"),
    ).toEqual([]);
    expect(pupil.get("NEWLEADER 2.0")).toEqual([
      "append 1.3",
      "deliver 1.3",
      "append 1.4",
      "deliver 1.4",
    ]);
    expect(pupil.appended("1.3")).toEqual([]);
    expect(pupil.appended("1.4")).toEqual(["save current 2"]);
    expect(pupil.saved("current", 2)).toEqual(["→ 5 ACK 2.0"]);
  });

  test("at once when there was nothing to learn", () => {
    const pupil = Pupil.promised();
    expect(pupil.get("DIFF 1.2", "NEWLEADER 2.0")).toEqual(["save current 2"]);
  });

  test("after a snapshot is durable as one", () => {
    const pupil = Pupil.promised();
    expect(pupil.get("SNAP 1.9", "SNAPSHOT", "SNAPSHOT last")).toEqual([
      "load 3 bytes",
      "load 3 bytes, the last, as of 1.9",
    ]);
    expect(pupil.learner.stateIsTorn).toBe(true);
    expect(pupil.get("PROPOSAL 1.10", "COMMIT 1.10", "NEWLEADER 2.0")).toEqual([
      "deliver 1.10",
      "snapshotNeeded",
    ]);
    pupil.learner.snapshotSaved(at("1.10"), pupil.out);
    expect(pupil.heard()).toEqual(["save current 2"]);
    expect(pupil.learner.stateIsTorn).toBe(false);
  });

  test("not when it is of another epoch", () => {
    const pupil = Pupil.promised();
    expect(pupil.get("DIFF 1.2", "NEWLEADER 3.0")[0]).toContain("deposed: NEWLEADER");
  });
});

describe("proposals under way during synchronisation", () => {
  test("are logged after UPTODATE, and acknowledged behind its ACK (ZOOKEEPER-4394, 4685)", () => {
    const pupil = Pupil.promised();
    expect(pupil.get("DIFF 1.2", "PROPOSAL 2.1", "NEWLEADER 2.0")).toEqual(["save current 2"]);
    pupil.saved("current", 2);
    expect(pupil.get("COMMIT 2.1", "PROPOSAL 2.2")).toEqual([]);
    expect(pupil.get("UPTODATE")).toEqual([
      "→ 5 ACK 2.0",
      "established 2",
      "append 2.1",
      "append 2.2",
      "deliver 2.1",
    ]);
    expect(pupil.appended("2.2")).toEqual(["→ 5 ACK 2.1", "→ 5 ACK 2.2"]);
    expect(pupil.learner.undelivered.map((entry) => entry.zxid)).toEqual([at("2.2")]);
  });
});

describe("SNAP", () => {
  test("what the snapshot holds already and comes again is passed over", () => {
    const pupil = Pupil.promised();
    const again = ["PROPOSAL 2.4", "COMMIT 2.4", "PROPOSAL 2.5", "COMMIT 2.5"];
    expect(pupil.get("SNAP 2.5", ...again, "PROPOSAL 2.6", "COMMIT 2.6")).toEqual(["deliver 2.6"]);
  });
});

describe("TRUNC", () => {
  test("cuts the log; what comes behind it waits until that is done", () => {
    const pupil = Pupil.promised({ log: "1.5" });
    expect(pupil.get("TRUNC 1.2", "PROPOSAL 1.3", "COMMIT 1.3", "NEWLEADER 2.0")).toEqual([
      "truncate 1.2",
    ]);
    pupil.learner.reloaded(0, at("1.2"), pupil.out);
    expect(pupil.heard()).toEqual(["append 1.3", "deliver 1.3"]);
  });

  test("what was cut off and is under vote again is logged anew", () => {
    const pupil = Pupil.promised({ log: "1.5" });
    pupil.get("TRUNC 1.2");
    pupil.learner.reloaded(0, at("1.2"), pupil.out);
    pupil.get("PROPOSAL 1.3", "NEWLEADER 2.0");
    pupil.saved("current", 2);
    expect(pupil.get("UPTODATE")).toEqual(["→ 5 ACK 2.0", "established 2", "append 1.3"]);
  });

  test("of what waited for it, nothing counts behind the packet that ends the role", () => {
    const pupil = Pupil.promised({ log: "1.5" });
    pupil.get("TRUNC 1.2", "NEWLEADER 3.0", "NEWLEADER 2.0");
    pupil.learner.reloaded(0, at("1.2"), pupil.out);
    expect(pupil.heard().map((line) => line.split(":")[0])).toEqual(["deposed", "hang up 5"]);
  });

  test("to where the store cannot go back ends the role, and the next learner starts over", () => {
    const pupil = Pupil.promised({ log: "1.5" });
    pupil.get("TRUNC 1.2");
    pupil.learner.reloaded(0, at("1.1"), pupil.out);
    expect(pupil.heard()[0]).toMatch("deposed: the log cannot be cut");
    expect(pupil.learner.mustStartOver).toBe(true);
  });

  test("one that starts over has nothing, and takes all there is in place of it", () => {
    const pupil = new Pupil({ accepted: 1, current: 1, log: "1.5", startOver: true });
    pupil.dialed();
    pupil.get("LEADERINFO 2");
    expect(pupil.saved("accepted", 2)).toEqual(["→ 5 ACKEPOCH 1 0.0"]);
    expect(pupil.get("DIFF 1.1", "PROPOSAL 1.1", "COMMIT 1.1", "NEWLEADER 2.0")).toEqual([
      "clear",
      "deliver 1.1",
      "snapshotNeeded",
    ]);
  });
});

describe("a serving follower", () => {
  test("logs a PROPOSAL, acknowledges it when it is durable, and delivers it on COMMIT", () => {
    const pupil = Pupil.serving();
    expect(pupil.get("PROPOSAL 2.1")).toEqual(["append 2.1"]);
    expect(pupil.get("COMMIT 2.1")).toEqual(["deliver 2.1"]);
    expect(pupil.appended("2.1")).toEqual(["→ 5 ACK 2.1"]);
  });

  test.each([
    { packets: ["PROPOSAL 2.1", "PROPOSAL 2.3"], why: /^deposed: a hole before PROPOSAL/ },
    {
      packets: ["PROPOSAL 2.1", "PROPOSAL 2.2", "COMMIT 2.2"],
      why: /^deposed: COMMIT of .* before/,
    },
    { packets: ["PROPOSAL 2.1", "PROPOSAL 2.1"], why: /^warning: PROPOSAL .* after/ },
    { packets: ["PROPOSAL 2.1", "COMMIT 2.1", "PROPOSAL 2.1"], why: /^warning: PROPOSAL .* after/ },
    { packets: ["PROPOSAL 1.2"], why: /^warning: PROPOSAL .* after/ },
    { packets: ["COMMIT 2.1"], why: /^warning: COMMIT of .* never proposed/ },
  ])("after $packets: $why", ({ packets, why }) => {
    const lines = Pupil.serving().get(...packets);
    expect(lines.filter((line) => !/^(append|deliver|hang up)/.test(line))).toEqual([
      expect.stringMatching(why),
    ]);
  });

  test("answers a PING with the sessions it heard of, each time anew", () => {
    const pupil = Pupil.serving();
    pupil.learner.touch(sessionIdOf(7n), 1000);
    pupil.learner.touch(sessionIdOf(8n), 1000);
    expect(pupil.get("PING 2.0")).toEqual(["→ 5 PING with 2"]);
    expect(pupil.get("PING 2.0")).toEqual(["→ 5 PING with 0"]);
  });

  test("is deposed when its link breaks, and hears no more", () => {
    const pupil = Pupil.serving();
    pupil.learner.linkDown(0, link, pupil.out);
    expect(pupil.heard()).toEqual(["deposed: the leader is gone", "hang up 5: the leader is gone"]);
    expect(pupil.get("PROPOSAL 2.1")).toEqual([]);
    expect(pupil.learner.wakeAt).toBe(Number.POSITIVE_INFINITY);
  });
});

test("an observer logs and delivers what it is informed of, and acknowledges nothing", () => {
  const pupil = Pupil.serving({ sid: 9 });
  expect(pupil.get("INFORM 2.1")).toEqual(["append 2.1", "deliver 2.1"]);
  expect(pupil.appended("2.1")).toEqual([]);
  expect(pupil.get("PROPOSAL 2.2", "COMMIT 2.2")).toEqual([]);
});
