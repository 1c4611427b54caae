// What a role asked of the world may be answered when the next role has begun.
import { expect, test } from "vitest";
import { epochFrom, linkIdOf, sidOf, zxidOf } from "../../../../src/core/base/ids.ts";
import { PeerState } from "../../../../src/core/packets/notification.ts";
import type { Effect, PeerEvent } from "../../../../src/core/server/effects.ts";
import { configOf, makePeer } from "../../../simulation/peers.ts";

const none = { acceptedEpoch: epochFrom(0), currentEpoch: epochFrom(0), snapshot: undefined };

/** Peer 1 of three, told by the other two whom they follow. */
class Voter {
  readonly #peer = makePeer(sidOf(1), configOf(3));

  constructor() {
    this.step({ type: "started", recovered: { ...none, log: [] } });
  }

  step(event: PeerEvent, now = 0): Effect[] {
    const out: Effect[] = [];
    this.#peer.step(now, event, out);
    return out;
  }

  follow(leader: 2 | 3): Effect[] {
    return [2, 3].flatMap((from) => {
      const vote = { leader: sidOf(leader), zxid: zxidOf(0), epoch: epochFrom(0) };
      const state = from === leader ? PeerState.leading : PeerState.following;
      const notification = { state, vote, round: 9, version: 2, config: "" };
      return this.step({ type: "notified", from: sidOf(from), notification });
    });
  }
}

test("a connection dialled for one leader is not taken for that of the next", () => {
  const voter = new Voter();
  expect(voter.follow(3)).toContainEqual({ type: "dial", to: 3 });
  voter.step({ type: "woken" }, 10_000);
  expect(voter.follow(2)).toContainEqual({ type: "dial", to: 2 });
  expect(voter.step({ type: "dialed", to: sidOf(3), link: linkIdOf(7) })).toEqual([
    { type: "hangUp", link: 7, why: "not the leader" },
  ]);
});

test("an epoch that is being saved when its role ends is promised already", () => {
  const voter = new Voter();
  const promise = (leader: 2 | 3, number: number): Effect[] => {
    voter.follow(leader);
    const link = linkIdOf(leader);
    voter.step({ type: "dialed", to: sidOf(leader), link });
    const packet = { type: "LEADERINFO", epoch: epochFrom(number) } as const;
    return voter.step({ type: "packet", link, packet });
  };
  expect(promise(3, 5)).toEqual([{ type: "saveEpoch", which: "accepted", epoch: 5 }]);
  voter.step({ type: "linkDown", link: linkIdOf(3) });
  expect(promise(2, 4)).toEqual([]);
});
