import {
  type ConnectionId,
  connectionIdOf,
  epochFrom,
  makeZxid,
  type SessionId,
  sidOf,
  zxidOf,
} from "../../../../src/core/base/ids.ts";
import { PeerState } from "../../../../src/core/packets/notification.ts";
import { LonePeer } from "./lone-peer.ts";

const sid = sidOf(3);
const epoch = epochFrom(1);

/** A leader, and the test in its follower's place. */
export class Leader extends LonePeer {
  constructor() {
    super(sid);
    const history = { leader: sid, zxid: zxidOf(0), epoch: epochFrom(0) };
    for (const from of [sidOf(1), sidOf(2)]) {
      const voter = { state: PeerState.looking, round: 1, version: 2, config: "" };
      this.step({ type: "notified", from, notification: { ...voter, vote: history } });
    }
    this.step({ type: "accepted", link: this.link });
    const follower = { sid: sidOf(1), acceptedEpoch: epochFrom(0), configVersion: zxidOf(0) };
    this.hear({ type: "FOLLOWERINFO", ...follower });
    this.step({ type: "epochSaved", which: "accepted", epoch });
    this.hear({ type: "ACKEPOCH", lastLogged: zxidOf(0), currentEpoch: epochFrom(0) });
    this.step({ type: "epochSaved", which: "current", epoch });
    this.hear({ type: "ACK", zxid: makeZxid(epoch, 0) });
  }

  /** A client with a session. */
  connect(number: number): { connection: ConnectionId; session: SessionId } {
    const connection = connectionIdOf(number);
    const [made] = this.handshake(connection);
    if (made?.type !== "append") throw new Error("no session");
    const { zxid, txn } = made.entry;
    this.step({ type: "appended", upTo: zxid });
    this.hear({ type: "ACK", zxid });
    return { connection, session: txn.session };
  }
}
