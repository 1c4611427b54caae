import {
  type Epoch,
  epochFrom,
  epochOf,
  readableZxid,
  type Sid,
  sidOf,
  type Zxid,
} from "../base/ids.ts";
import type { Codec } from "../jute/record.ts";

/** A peer's state as its notifications give it. */
export const PeerState = { looking: 0, following: 1, leading: 2, observing: 3 } as const;
export type PeerState = (typeof PeerState)[keyof typeof PeerState];

/** Whom a peer wants to lead, with that peer's last logged zxid and current epoch. */
export interface Vote {
  readonly leader: Sid;
  readonly zxid: Zxid;
  readonly epoch: Epoch;
}

/** The packet of fast leader election. */
export interface Notification {
  readonly state: number;
  readonly vote: Vote;
  /** The sender's election round (`electionEpoch` on the wire); not an epoch. */
  readonly round: number;
  /** 2 from every peer since 3.5, 0 in the 28 and 40 byte forms. */
  readonly version: number;
  /** The sender's committed configuration as text. */
  readonly config: string;
}

/** The payload of one election frame; the 28 and 40 byte forms of old peers are read too. */
export const Notification: Codec<Notification> = {
  read: (r) => {
    const length = r.remaining;
    const state = r.int();
    const leader = sidOf(r.long());
    const zxid = readableZxid(r.long());
    const round = r.long();
    const epoch = length >= 40 ? epochFrom(r.long()) : epochOf(zxid);
    const version = length >= 44 ? r.int() : 0;
    const config = version >= 2 ? r.string() : "";
    return { state, vote: { leader, zxid, epoch }, round, version, config };
  },
  write: (w, v) => {
    w.int(v.state);
    w.long(v.vote.leader);
    w.long(v.vote.zxid);
    w.long(v.round);
    w.long(v.vote.epoch);
    w.int(2);
    w.string(v.config);
  },
};

/** Versions of the message with which a dialling peer introduces itself. */
export const initialMessageV1 = -65536;
export const initialMessageV2 = -65535;

/** The first bytes on a dialled election connection; to be sent in one segment (QuorumCnxManager.initiateConnection). */
export interface InitialMessage {
  readonly version: number;
  readonly sid: Sid;
  /** host:port of the dialler's election address; V2 joins several with "|". */
  readonly address: string;
}
export const InitialMessage: Codec<InitialMessage> = {
  read: (r) => ({ version: r.long(), sid: sidOf(r.long()), address: r.string() }),
  write: (w, v) => {
    w.long(v.version);
    w.long(v.sid);
    w.string(v.address);
  },
};
