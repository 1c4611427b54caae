import {
  type ConnectionId,
  connectionIdOf,
  epochFrom,
  linkIdOf,
  makeZxid,
  noSession,
  type SessionId,
  sidOf,
  type Zxid,
  zxidOf,
} from "../../../../src/core/base/ids.ts";
import { PeerState } from "../../../../src/core/packets/notification.ts";
import type { QuorumPacket } from "../../../../src/core/packets/quorum-packet.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import type { Request } from "../../../../src/core/protocol/requests.ts";
import type { Effect, PeerEvent } from "../../../../src/core/server/effects.ts";
import type { Peer } from "../../../../src/core/server/peer.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";
import type { SubTxn } from "../../../../src/core/txn/txn.ts";
import { configOf, makePeer } from "../../../simulation/peers.ts";

const leader = sidOf(3);
const link = linkIdOf(1);
const epoch = epochFrom(1);

/** A follower with its clients, and the test in its leader's place. */
export class Follower {
  readonly peer: Peer;
  #counter = 0;

  constructor(options: { readonly localSessions?: boolean } = {}) {
    this.peer = makePeer(sidOf(1), configOf(3), options);
    const epochs = { acceptedEpoch: epochFrom(0), currentEpoch: epochFrom(0) };
    this.step({ type: "started", recovered: { ...epochs, snapshot: undefined, log: [] } });
    for (const [from, state] of [
      [sidOf(2), PeerState.following],
      [leader, PeerState.leading],
    ] as const) {
      const vote = { leader, zxid: zxidOf(0), epoch: epochFrom(0) };
      const notification = { state, vote, round: 9, version: 2, config: "" };
      this.step({ type: "notified", from, notification });
    }
    this.step({ type: "dialed", to: leader, link });
    this.hear({ type: "LEADERINFO", epoch });
    this.step({ type: "epochSaved", which: "accepted", epoch });
    this.hear({ type: "DIFF", zxid: zxidOf(0) });
    this.hear({ type: "NEWLEADER", zxid: makeZxid(epoch, 0), config: null });
    this.step({ type: "epochSaved", which: "current", epoch });
    this.hear({ type: "UPTODATE" });
  }

  step(event: PeerEvent): Effect[] {
    const out: Effect[] = [];
    this.peer.step(0, event, out);
    return out;
  }

  hear(packet: QuorumPacket): Effect[] {
    return this.step({ type: "packet", link, packet });
  }

  ask(connection: ConnectionId, request: Request): Effect[] {
    return this.step({ type: "request", connection, request, raw: new Uint8Array(0) });
  }

  /** The leader's word that it has happened. */
  commit(session: SessionId, cxid: number, txn: SubTxn): Effect[] {
    this.#counter += 1;
    const zxid: Zxid = makeZxid(epoch, this.#counter);
    const entry = new LogEntry({ ...txn, session, cxid, zxid, time: 0, digest: undefined });
    this.hear({ type: "PROPOSAL", entry });
    return this.hear({ type: "COMMIT", zxid });
  }

  /** A client asks for a new session. */
  handshake(connection: ConnectionId): Effect[] {
    const remote = { address: "127.0.0.1", port: connection };
    this.step({ type: "connected", connection, remote });
    return this.step({
      type: "handshake",
      connection,
      request: {
        protocolVersion: 0,
        lastZxidSeen: zxidOf(0),
        timeout: 1000,
        session: noSession,
        password: null,
        readOnly: false,
      },
    });
  }

  /** A client with a session of the quorum's. */
  connect(number: number): { connection: ConnectionId; session: SessionId } {
    const connection = connectionIdOf(number);
    const [asked] = this.handshake(connection);
    if (asked?.type !== "send" || asked.packet.type !== "REQUEST") throw new Error("no session");
    const { session } = asked.packet;
    this.commit(session, 0, { type: OpCode.createSession, body: { timeout: 1000 } });
    return { connection, session };
  }
}
