import { expect, test } from "vitest";
import {
  connectionIdOf,
  epochFrom,
  linkIdOf,
  makeZxid,
  sidOf,
  zxidOf,
} from "../../../../src/core/base/ids.ts";
import { PeerState } from "../../../../src/core/packets/notification.ts";
import type { QuorumPacket } from "../../../../src/core/packets/quorum-packet.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import type { Request } from "../../../../src/core/protocol/requests.ts";
import type { Effect, PeerEvent } from "../../../../src/core/server/effects.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";
import { configOf, makePeer } from "../../../simulation/peers.ts";

const leader = sidOf(3);
const link = linkIdOf(1);
const epoch = epochFrom(1);
const connection = connectionIdOf(1);

test("what waited behind a sync is not done for a client that has gone", () => {
  const peer = makePeer(sidOf(1), configOf(3));
  const step = (event: PeerEvent): Effect[] => {
    const out: Effect[] = [];
    peer.step(0, event, out);
    return out;
  };
  const hear = (packet: QuorumPacket): Effect[] => step({ type: "packet", link, packet });
  const ask = (request: Request): Effect[] =>
    step({ type: "request", connection, request, raw: new Uint8Array(0) });

  const epochs = { acceptedEpoch: epochFrom(0), currentEpoch: epochFrom(0) };
  step({ type: "started", recovered: { ...epochs, snapshot: undefined, log: [] } });
  for (const [from, state] of [
    [sidOf(2), PeerState.following],
    [leader, PeerState.leading],
  ] as const) {
    const vote = { leader, zxid: zxidOf(0), epoch: epochFrom(0) };
    step({
      type: "notified",
      from,
      notification: { state, vote, round: 9, version: 2, config: "" },
    });
  }
  step({ type: "dialed", to: leader, link });
  hear({ type: "LEADERINFO", epoch });
  step({ type: "epochSaved", which: "accepted", epoch });
  hear({ type: "DIFF", zxid: zxidOf(0) });
  hear({ type: "NEWLEADER", zxid: makeZxid(epoch, 0), config: null });
  step({ type: "epochSaved", which: "current", epoch });
  hear({ type: "UPTODATE" });

  step({ type: "connected", connection, remote: { address: "127.0.0.1", port: 1 } });
  const [request] = step({
    type: "handshake",
    connection,
    request: {
      protocolVersion: 0,
      lastZxidSeen: zxidOf(0),
      timeout: 1000,
      session: 0n as never,
      password: null,
      readOnly: false,
    },
  });
  if (request?.type !== "send" || request.packet.type !== "REQUEST") throw new Error("no session");
  const zxid = makeZxid(epoch, 1);
  const entry = new LogEntry({
    type: OpCode.createSession,
    body: { timeout: 1000 },
    session: request.packet.session,
    cxid: 0,
    zxid,
    time: 0,
    digest: undefined,
  });
  hear({ type: "PROPOSAL", entry });
  expect(hear({ type: "COMMIT", zxid })).toMatchObject([{ type: "accept" }]);

  ask({ xid: 1, type: OpCode.sync, body: { path: "/" } });
  ask({ xid: 2, type: OpCode.getChildren, body: { path: "/", watch: true } });
  step({ type: "disconnected", connection });
  expect(hear({ type: "SYNC" })).toEqual([]);
  expect(peer.replica.watches.count).toBe(0);
});
