import { expect, test } from "vitest";
import {
  epochFrom,
  linkIdOf,
  makeZxid,
  noSession,
  sidOf,
  zxidOf,
} from "../../../../src/core/base/ids.ts";
import { PeerState } from "../../../../src/core/packets/notification.ts";
import type { QuorumPacket } from "../../../../src/core/packets/quorum-packet.ts";
import { ErrorCode } from "../../../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import type { Effect, PeerEvent } from "../../../../src/core/server/effects.ts";
import type { Peer } from "../../../../src/core/server/peer.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";
import { configOf, makePeer } from "../../../simulation/peers.ts";
import { storedFrom } from "./whole-snapshot.ts";

const leader = sidOf(3);
const epoch = epochFrom(1);
const empty = {
  acceptedEpoch: epochFrom(0),
  currentEpoch: epochFrom(0),
  snapshot: undefined,
  log: [],
};
const snapshot = (): Uint8Array =>
  Buffer.concat([...storedFrom(makePeer(sidOf(1), configOf(3)).replica.source()).chunks]);

const errorEntry = (counter: number): LogEntry =>
  new LogEntry({
    type: OpCode.error,
    body: { err: ErrorCode.NONODE },
    session: noSession,
    cxid: 0,
    zxid: makeZxid(epoch, counter),
    time: 0,
    digest: undefined,
  });

/** Peer 1 of three as it follows peer 3, up to the moment when its leader is to send a history. */
function follow(peer: Peer, link: number): (event: PeerEvent) => Effect[] {
  const step = (event: PeerEvent): Effect[] => {
    const out: Effect[] = [];
    peer.step(0, event, out);
    return out;
  };
  for (const from of [sidOf(2), leader]) {
    const vote = { leader, zxid: zxidOf(0), epoch: epochFrom(0) };
    const notification = {
      state: from === leader ? PeerState.leading : PeerState.following,
      vote,
      round: 9,
      version: 2,
      config: "",
    };
    step({ type: "notified", from, notification });
  }
  step({ type: "dialed", to: leader, link: linkIdOf(link) });
  step({ type: "packet", link: linkIdOf(link), packet: { type: "LEADERINFO", epoch } });
  step({ type: "epochSaved", which: "accepted", epoch });
  return step;
}

const send = (step: (event: PeerEvent) => Effect[], link: number, packet: QuorumPacket): Effect[] =>
  step({ type: "packet", link: linkIdOf(link), packet });

test("a snapshot that was cut off leaves nothing behind for the next one", () => {
  const peer = makePeer(sidOf(1), configOf(3));
  peer.step(0, { type: "started", recovered: empty }, []);
  const step = follow(peer, 1);
  const bytes = snapshot();
  send(step, 1, { type: "SNAP", zxid: makeZxid(epoch, 5) });
  send(step, 1, { type: "SNAPSHOT", bytes: bytes.subarray(0, 20), last: false });
  step({ type: "linkDown", link: linkIdOf(1) });
  step({ type: "reloaded", recovered: empty });
  follow(peer, 2);
  send(step, 2, { type: "SNAP", zxid: makeZxid(epoch, 7) });
  send(step, 2, { type: "SNAPSHOT", bytes, last: true });
  expect(peer.lastApplied).toBe(makeZxid(epoch, 7));
});

test("a snapshot that is none ends the role, and the state is read from the store", () => {
  const peer = makePeer(sidOf(1), configOf(3));
  peer.step(0, { type: "started", recovered: empty }, []);
  const step = follow(peer, 1);
  send(step, 1, { type: "SNAP", zxid: makeZxid(epoch, 5) });
  const bytes = snapshot().subarray(0, 20);
  const out = send(step, 1, { type: "SNAPSHOT", bytes, last: true });
  expect({ role: peer.role, effects: out.map((effect) => effect.type) }).toEqual({
    role: "looking",
    effects: ["report", "reload", "hangUp"],
  });
});

test("what a snapshot holds already is not applied again when it follows as a proposal", () => {
  const peer = makePeer(sidOf(1), configOf(3));
  peer.step(0, { type: "started", recovered: empty }, []);
  const step = follow(peer, 1);
  send(step, 1, { type: "SNAP", zxid: makeZxid(epoch, 5) });
  send(step, 1, { type: "SNAPSHOT", bytes: snapshot(), last: true });
  for (const counter of [4, 5, 6]) {
    send(step, 1, { type: "PROPOSAL", entry: errorEntry(counter) });
    send(step, 1, { type: "COMMIT", zxid: makeZxid(epoch, counter) });
  }
  expect(peer.lastApplied).toBe(makeZxid(epoch, 6));
});
