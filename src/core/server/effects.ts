// The whole contract between the protocol and the world. A driver hands a peer one event at a time, then carries out what the
// step appended to `out`, in order. Nothing else crosses this line.
import type { ConnectionId, Epoch, LinkId, SessionId, Sid, Zxid } from "../base/ids.ts";
import type { Notification } from "../packets/notification.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";
import type { ConnectRequest, ConnectResponse } from "../protocol/connect.ts";
import type { WatchEvent } from "../protocol/records.ts";
import type { Reply } from "../protocol/replies.ts";
import type { MultiRequest, ReconfigRequest, Request } from "../protocol/requests.ts";
import type { EnsembleConfig } from "../quorum/config.ts";
import type { QuorumEffect } from "../quorum/effects.ts";
import type { Recovered } from "../storage/ports.ts";
import type { Txn } from "../txn/txn.ts";
import type { Replica } from "./replica.ts";

export type PeerEvent =
  /** The first event of a peer's life, once. */
  | ({ readonly type: "started" } & Restored)
  /** `now` has reached the peer's `wakeAt`. */
  | { readonly type: "woken" }

  /** Election links: at most one a pair of peers, dialled and redialled by the driver as votes need it. */
  | { readonly type: "notified"; readonly from: Sid; readonly notification: Notification }
  /** News of the way to another peer: a vote can be delivered, or the other side is known to be closed or to refuse. */
  | { readonly type: "reachable"; readonly sid: Sid; readonly reachable: boolean }

  /** Quorum links: the learner dials, the leader accepts. */
  | { readonly type: "accepted"; readonly link: LinkId }
  /** The outcome of `dial`; undefined: refused, or not connected in time. */
  | { readonly type: "dialed"; readonly to: Sid; readonly link: LinkId | undefined }
  | { readonly type: "packet"; readonly link: LinkId; readonly packet: QuorumPacket }
  /** A piece of a snapshot was sent, as fast as pieces are taken; with `isOver` the last one, and what waited behind it. */
  | { readonly type: "snapshotSent"; readonly link: LinkId; readonly isOver: boolean }
  /** Closed by the other side or broken; after `hangUp` it does not come. */
  | { readonly type: "linkDown"; readonly link: LinkId }

  /** Storage: answers to `append` and `saveEpoch`, each when it is durable, in the order asked. */
  | { readonly type: "appended"; readonly upTo: Zxid }
  | { readonly type: "epochSaved"; readonly which: "accepted" | "current"; readonly epoch: Epoch }
  /** The answer to `saveSnapshot`, which takes its time; none where its source was abandoned. */
  | { readonly type: "snapshotSaved"; readonly zxid: Zxid }
  /** The answer to `truncate` and `reload`: what the store holds now. */
  | ({ readonly type: "reloaded" } & Restored)

  /** Clients. */
  | { readonly type: "connected"; readonly connection: ConnectionId; readonly remote: Remote }
  /** A connection that the driver closed, for there were too many or its TLS came to nothing: it only counts. */
  | { readonly type: "turnedAway"; readonly over: "limit" | "tls" }
  | {
      readonly type: "handshake";
      readonly connection: ConnectionId;
      readonly request: ConnectRequest;
    }
  | {
      readonly type: "request";
      readonly connection: ConnectionId;
      readonly request: Request;
      /** The bytes of the body, for writes and sync, which a learner sends on: a view, as are the buffers in `request`. The
       * driver never reuses their memory, so they stay valid; whoever keeps one copies it, not to pin the whole chunk. */
      readonly raw: Uint8Array | undefined;
    }
  /** A header with an operation that nobody knows (`known` false), or a body that does not decode. */
  | {
      readonly type: "malformed";
      readonly connection: ConnectionId;
      readonly xid: number;
      readonly op: number;
      readonly known: boolean;
      /** The body as it came: a view, as in a request. */
      readonly raw: Uint8Array;
    }
  | { readonly type: "word"; readonly connection: ConnectionId; readonly word: string }
  | { readonly type: "disconnected"; readonly connection: ConnectionId }
  | { readonly type: "command"; readonly command: Command };

/** What a store holds, and the state that was made of it by `Peer.restoring`; undefined: to be made in this step. */
export interface Restored {
  readonly recovered: Recovered;
  readonly made?: Replica | undefined;
}

/** Where a client connects from. */
export interface Remote {
  readonly address: string;
  readonly port: number;
  /** Of the certificate it showed, as RFC 2253 writes it; undefined: none. */
  readonly subject?: string | undefined;
}

/** What the ensemble's handles ask of a peer. */
export type Command =
  /** On the leader: closes the session through the quorum; on whoever has it: ends a local one. */
  | { readonly type: "expire"; readonly session: SessionId }
  /** On the leader: commits an error transaction, which takes a zxid and changes nothing; answered by a `proposed` report. */
  | { readonly type: "prove"; readonly token: number }
  /** On the leader: changes who belongs, as the super user may; answered as `prove` is. */
  | { readonly type: "reconfigure"; readonly token: number; readonly request: ReconfigRequest }
  /** On the leader: decides the ops as the super user's, with nothing but their transaction to show for it; answered as `prove` is. */
  | { readonly type: "edit"; readonly token: number; readonly request: MultiRequest }
  /** Shifts the wall time that this peer stamps on transactions. */
  | { readonly type: "skew"; readonly ms: number }
  /** On the leader, or on whoever has a local one: refreshes a session as its client's ping would. */
  | { readonly type: "touch"; readonly session: SessionId };

export type Effect =
  /** Votes, links between peers, and storage. */
  | QuorumEffect
  /** Another configuration is in force: peers are reached where it says, this one too. */
  | { readonly type: "reconfigured"; readonly config: EnsembleConfig }

  /** To clients, in this order on each connection. */
  | {
      readonly type: "accept";
      readonly connection: ConnectionId;
      readonly response: ConnectResponse;
    }
  | { readonly type: "reply"; readonly connection: ConnectionId; readonly reply: Reply }
  | {
      readonly type: "watchEvent";
      readonly connection: ConnectionId;
      /** −1 for events made by setWatches, and for all of them before 3.9. */
      readonly zxid: Zxid;
      readonly event: WatchEvent;
    }
  /** The answer to a four-letter word; `close` follows. */
  | { readonly type: "text"; readonly connection: ConnectionId; readonly text: string }
  /** Closes after what was sent; `disconnected` does not follow. */
  | { readonly type: "close"; readonly connection: ConnectionId; readonly why: string }
  /** Stop and go on reading a client's socket: too much of its is under way. */
  | { readonly type: "throttle"; readonly connection: ConnectionId; readonly on: boolean }
  | { readonly type: "report"; readonly report: Report };

export type PeerRole =
  | "looking"
  /** Looking still, but by now serving clients that asked for no more than to read. */
  | "readonly"
  | "following"
  | "leading"
  | "observing"
  | "standalone"
  | "stopped";

/** What happened, for the ensemble's events and waits and for the simulation's checks; never needed by the protocol. */
export type Report =
  | { readonly type: "role"; readonly from: PeerRole; readonly to: PeerRole; readonly why: string }
  /** A leader has its quorum, or a learner is up to date: clients are served from here on. */
  | { readonly type: "serving"; readonly epoch: Epoch; readonly leader: Sid }
  | {
      readonly type: "election";
      readonly change: "started" | "vote" | "decided";
      readonly round: number;
      readonly vote: Sid;
    }
  /** By the leader (or the standalone peer) only. */
  | { readonly type: "commit"; readonly txn: Txn }
  | { readonly type: "proposed"; readonly token: number; readonly zxid: Zxid }
  | {
      readonly type: "session";
      readonly session: SessionId;
      readonly change: "created" | "moved" | "disconnected" | "expired" | "closed";
    }
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly text: string;
    };
