import { expect, test } from "vitest";
import { epochFrom, linkIdOf, sidOf, zxidOf, zxidZero } from "../../../../src/core/base/ids.ts";
import { parseConfig } from "../../../../src/core/quorum/config.ts";
import type { QuorumOutput } from "../../../../src/core/quorum/effects.ts";
import { Learner } from "../../../../src/core/quorum/learner.ts";
import { Membership } from "../../../../src/core/quorum/membership.ts";

test("a leader that goes silent right after UPTODATE is left after syncLimit, not initLimit", () => {
  const out: QuorumOutput[] = [];
  const link = linkIdOf(1);
  const learner = new Learner({
    now: 0,
    sid: sidOf(1),
    leader: sidOf(2),
    observer: false,
    isDesignated: false,
    membership: Membership.of(parseConfig("server.1=h:1:2\nserver.2=h:3:4"), {
      reconfigEnabled: false,
    }),
    timing: { tickTime: 100, initLimit: 50, syncLimit: 20 },
    acceptedEpoch: epochFrom(0),
    currentEpoch: epochFrom(0),
    lastLogged: zxidZero,
    startOver: false,
  });
  learner.start(out);
  learner.dialed(0, link, out);
  learner.packet(0, link, { type: "LEADERINFO", epoch: epochFrom(1) }, out);
  learner.epochSaved("accepted", epochFrom(1), out);
  learner.packet(0, link, { type: "DIFF", zxid: zxidZero }, out);
  learner.packet(0, link, { type: "NEWLEADER", zxid: zxidOf(2 ** 32), config: null }, out);
  learner.epochSaved("current", epochFrom(1), out);
  learner.packet(5, link, { type: "UPTODATE" }, out);
  expect({ serving: learner.serving, wakeAt: learner.wakeAt }).toEqual({
    serving: true,
    wakeAt: 2005,
  });
  learner.packet(10, link, { type: "PING", zxid: zxidZero, touched: null }, out);
  expect(learner.wakeAt).toBe(2010);
  learner.woken(2010, out);
  expect(out.at(-2)).toEqual({ type: "deposed", why: "the leader is silent (serving)" });
});
