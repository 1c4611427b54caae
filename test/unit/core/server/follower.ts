import {
  type ConnectionId,
  connectionIdOf,
  epochFrom,
  makeZxid,
  type SessionId,
  sidOf,
  type Zxid,
  zxidOf,
} from "../../../../src/core/base/ids.ts";
import { PeerState } from "../../../../src/core/packets/notification.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import type { Effect } from "../../../../src/core/server/effects.ts";
import { LogEntry } from "../../../../src/core/txn/log-entry.ts";
import type { SubTxn } from "../../../../src/core/txn/txn.ts";
import { LonePeer } from "./lone-peer.ts";

const leader = sidOf(3);
const epoch = epochFrom(1);

/** A follower, and the test in its leader's place. */
export class Follower extends LonePeer {
  #counter = 0;

  constructor(options: { readonly localSessions?: boolean } = {}) {
    super(sidOf(1), options);
    for (const [from, state] of [
      [sidOf(2), PeerState.following],
      [leader, PeerState.leading],
    ] as const) {
      const vote = { leader, zxid: zxidOf(0), epoch: epochFrom(0) };
      const notification = { state, vote, round: 9, version: 2, config: "" };
      this.step({ type: "notified", from, notification });
    }
    this.step({ type: "dialed", to: leader, link: this.link });
    this.hear({ type: "LEADERINFO", epoch });
    this.step({ type: "epochSaved", which: "accepted", epoch });
    this.hear({ type: "DIFF", zxid: zxidOf(0) });
    this.hear({ type: "NEWLEADER", zxid: makeZxid(epoch, 0), config: null });
    this.step({ type: "epochSaved", which: "current", epoch });
    this.hear({ type: "UPTODATE" });
  }

  /** The leader's word that it has happened. */
  commit(session: SessionId, cxid: number, txn: SubTxn): Effect[] {
    this.#counter += 1;
    const zxid: Zxid = makeZxid(epoch, this.#counter);
    const entry = new LogEntry({ ...txn, session, cxid, zxid, time: 0, digest: undefined });
    this.hear({ type: "PROPOSAL", entry });
    return this.hear({ type: "COMMIT", zxid });
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
