import {
  type ConnectionId,
  connectionIdOf,
  epochFrom,
  linkIdOf,
  makeZxid,
  noSession,
  type SessionId,
  sidOf,
  zxidOf,
} from "../../../../src/core/base/ids.ts";
import { PeerState } from "../../../../src/core/packets/notification.ts";
import type { QuorumPacket } from "../../../../src/core/packets/quorum-packet.ts";
import type { Request } from "../../../../src/core/protocol/requests.ts";
import type { Effect, PeerEvent } from "../../../../src/core/server/effects.ts";
import { configOf, makePeer } from "../../../simulation/peers.ts";

const sid = sidOf(3);
const link = linkIdOf(7);
const epoch = epochFrom(1);

/** A leader with its clients, and the test in the place of its follower and its store. Time stands still. */
export class Leader {
  readonly peer = makePeer(sid, configOf(3));

  constructor() {
    const epochs = { acceptedEpoch: epochFrom(0), currentEpoch: epochFrom(0) };
    const history = { leader: sid, zxid: zxidOf(0), epoch: epochFrom(0) };
    this.step({ type: "started", recovered: { ...epochs, snapshot: undefined, log: [] } });
    for (const from of [sidOf(1), sidOf(2)]) {
      const voter = { state: PeerState.looking, round: 1, version: 2, config: "" };
      this.step({ type: "notified", from, notification: { ...voter, vote: history } });
    }
    this.step({ type: "accepted", link });
    const follower = { sid: sidOf(1), acceptedEpoch: epochFrom(0), configVersion: zxidOf(0) };
    this.hear({ type: "FOLLOWERINFO", ...follower });
    this.step({ type: "epochSaved", which: "accepted", epoch });
    this.hear({ type: "ACKEPOCH", lastLogged: zxidOf(0), currentEpoch: epochFrom(0) });
    this.step({ type: "epochSaved", which: "current", epoch });
    this.hear({ type: "ACK", zxid: makeZxid(epoch, 0) });
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

  /** A client with a session. */
  connect(number: number): { connection: ConnectionId; session: SessionId } {
    const connection = connectionIdOf(number);
    this.step({ type: "connected", connection, remote: { address: "127.0.0.1", port: number } });
    const request = { protocolVersion: 0, lastZxidSeen: zxidOf(0), timeout: 1000 };
    const [made] = this.step({
      type: "handshake",
      connection,
      request: { ...request, session: noSession, password: null, readOnly: false },
    });
    if (made?.type !== "append") throw new Error("no session");
    const { zxid, txn } = made.entry;
    this.step({ type: "appended", upTo: zxid });
    this.hear({ type: "ACK", zxid });
    return { connection, session: txn.session };
  }
}
