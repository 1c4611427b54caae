import type { Epoch, LinkId, SessionId, Sid, Zxid } from "../base/ids.ts";
import type { Notification, Vote } from "../packets/notification.ts";
import type { QuorumPacket, Touch } from "../packets/quorum-packet.ts";
import type { SnapshotSource } from "../storage/ports.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { Membership } from "./membership.ts";

/** What the quorum machines ask of the world; a part of `server/effects.ts`. */
export type QuorumEffect =
  /** Best effort, and only the newest vote for a peer matters: what is not yet sent is replaced. */
  | { readonly type: "vote"; readonly to: Sid; readonly notification: Notification }

  /** Connects to the leader's quorum port; answered by `dialed`. */
  | { readonly type: "dial"; readonly to: Sid }
  | { readonly type: "send"; readonly link: LinkId; readonly packet: QuorumPacket }
  /** Piece by piece, as SNAPSHOT packets; what is sent on the link meanwhile comes behind it. Answered by `snapshotSent`. */
  | { readonly type: "sendSnapshot"; readonly link: LinkId; readonly snapshot: SnapshotSource }
  /** Closes the link after what was sent on it. */
  | { readonly type: "hangUp"; readonly link: LinkId; readonly why: string }

  /** To the log; the driver gathers a turn's worth and answers once with `appended`. */
  | { readonly type: "append"; readonly entry: LogEntry }
  /** Forgets the log above a zxid; answered by `reloaded`. */
  | { readonly type: "truncate"; readonly after: Zxid }
  /** Gives the stored state anew; answered by `reloaded`. */
  | { readonly type: "reload" }
  | { readonly type: "saveEpoch"; readonly which: "accepted" | "current"; readonly epoch: Epoch }
  /**
   * Who belongs from here on: the text of the configuration in force, and of the next one from before its proposal is appended
   * until it is in force, or lost. Nobody waits for it.
   */
  | { readonly type: "saveConfig"; readonly text: string; readonly next: string | undefined }
  | {
      readonly type: "saveSnapshot";
      readonly snapshot: SnapshotSource;
      /** The log below has nothing to do with this state: a leader's snapshot took its place. */
      readonly replacesLog: boolean;
    };

/** What the quorum machines decide, for the server they belong to; carried out in order with the effects around it. */
export type QuorumDecision =
  /** The election is over for this peer: lead, or follow (or observe) `vote.leader`. */
  | { readonly type: "elected"; readonly vote: Vote }
  | { readonly type: "electionNews"; readonly change: "started" | "vote"; readonly vote: Vote }
  /** Apply a committed transaction and answer for it. */
  | { readonly type: "deliver"; readonly entry: LogEntry }
  /** The role serves: a leader has its quorum, a learner is up to date. */
  | { readonly type: "established"; readonly epoch: Epoch }
  /** The role is over; `why` in words. Back to the election, unless a reconfiguration has named the next leader. */
  | { readonly type: "deposed"; readonly why: string; readonly designated: Sid | undefined }
  /** Another configuration is in force. */
  | { readonly type: "reconfigured"; readonly membership: Membership }
  /** A leader's snapshot arrives; with `last` the state is complete as of `zxid`. */
  | {
      readonly type: "load";
      readonly bytes: Uint8Array;
      readonly last: boolean;
      readonly zxid: Zxid;
    }
  /** The learner starts over from nothing, to be filled by the leader's history. */
  | { readonly type: "clear" }
  /** Make the state durable as one snapshot in place of the log (`snapshotSaved` follows). */
  | { readonly type: "snapshotNeeded" }
  /** The leader answered the oldest sync of this learner. */
  | { readonly type: "synced" }
  | { readonly type: "revalidated"; readonly session: SessionId; readonly valid: boolean }
  /** A learner sends on a client's request. */
  | {
      readonly type: "forwarded";
      readonly link: LinkId;
      readonly packet: QuorumPacket & { readonly type: "REQUEST" };
    }
  | { readonly type: "touched"; readonly touches: readonly Touch[] }
  | {
      readonly type: "revalidate";
      readonly link: LinkId;
      readonly session: SessionId;
      readonly timeout: number;
    }
  | { readonly type: "warning"; readonly text: string };

export type QuorumOutput = QuorumEffect | QuorumDecision;
