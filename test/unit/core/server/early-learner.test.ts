import { expect, test } from "vitest";
import { epochFrom, linkIdOf, sidOf, zxidOf } from "../../../../src/core/base/ids.ts";
import { PeerState } from "../../../../src/core/packets/notification.ts";
import type { Effect, PeerEvent } from "../../../../src/core/server/effects.ts";
import { configOf, makePeer } from "../../../simulation/peers.ts";

const leader = sidOf(3);
const link = linkIdOf(7);
const none = { acceptedEpoch: epochFrom(0), currentEpoch: epochFrom(0), snapshot: undefined };

/** A follower that hears the last vote first dials, and says who it is, before the leader knows that it is one. */
test("a learner that introduces itself before its leader is elected is heard", () => {
  const peer = makePeer(leader, configOf(3));
  const step = (event: PeerEvent): Effect[] => {
    const out: Effect[] = [];
    peer.step(0, event, out);
    return out;
  };
  step({ type: "started", recovered: { ...none, log: [] } });
  step({ type: "accepted", link });
  step({
    type: "packet",
    link,
    packet: {
      type: "FOLLOWERINFO",
      sid: sidOf(1),
      acceptedEpoch: epochFrom(0),
      configVersion: zxidOf(0),
    },
  });
  for (const from of [sidOf(1), sidOf(2)]) {
    const vote = { leader, zxid: zxidOf(0), epoch: epochFrom(0) };
    const notification = { state: PeerState.looking, vote, round: 1, version: 2, config: "" };
    step({ type: "notified", from, notification });
  }
  expect(peer.role).toBe("leading");
  expect(step({ type: "epochSaved", which: "accepted", epoch: epochFrom(1) })).toEqual([
    { type: "send", link, packet: { type: "LEADERINFO", epoch: 1 } },
  ]);
});

test("of more than 256 early learners the oldest is hung up on", () => {
  const peer = makePeer(leader, configOf(3));
  const out: Effect[] = [];
  peer.step(0, { type: "started", recovered: { ...none, log: [] } }, out);
  for (let id = 1; id <= 257; id += 1) {
    peer.step(0, { type: "accepted", link: linkIdOf(id) }, out);
  }
  const hungUp = out.filter((effect) => effect.type === "hangUp").map(({ link: of }) => of);
  expect(hungUp).toEqual([1]);
});
