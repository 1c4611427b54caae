import type { Epoch, LinkId, SessionId, Sid, Zxid } from "../base/ids.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";
import type { Id } from "../protocol/records.ts";
import type { Request } from "../protocol/requests.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { PeerRole } from "./effects.ts";

/** A write whose body does not decode: it may take a zxid all the same, so it goes the way of the others. */
export interface Undecodable {
  readonly xid: number;
  readonly type: number;
  readonly body: undefined;
}

/** A client's write on its way to the leader. */
export interface Submission {
  readonly session: SessionId;
  readonly request: Request | Undecodable;
  /** The request's body as it came: a view of the client's bytes, which stay. */
  readonly raw: Uint8Array;
  /** The connection's identities when the request arrived. */
  readonly ids: readonly Id[];
}

/** What clients need of whoever serves them. */
export interface Service {
  readonly kind: Exclude<PeerRole, "looking" | "stopped">;
  readonly serving: boolean;

  /** Keeps a session of the quorum's alive; false when it is unknown or closing. */
  touch(now: number, session: SessionId, timeout: number): boolean;
  /**
   * Takes it that the session's client is here, which settles it for a session that nobody had yet; false: it is known to be at
   * another peer by now, as only a leader can know (SessionTrackerImpl.checkSession).
   */
  claim(session: SessionId): boolean;
  openSession(now: number, session: SessionId, timeout: number): void;
  /** Whether a session that reconnects here is alive; undefined: its leader is asked and will say. */
  revalidate(now: number, session: SessionId, timeout: number): boolean | undefined;
  write(now: number, submission: Submission): void;
  /** True when nothing is to be waited for: the request passes like a read. */
  sync(now: number, submission: Submission): boolean;
}

/**
 * What a peer does while it is not looking: `Leading` (and standing alone) decides, `Following` (and observing) asks its
 * leader. A new role is a new object. What a call brings about is appended to the quorum outputs that the role was made with.
 */
export interface Role extends Service {
  readonly kind: Exclude<PeerRole, "looking" | "readonly" | "stopped">;
  readonly leader: Sid;
  readonly epoch: Epoch;
  readonly lastCommitted: Zxid;
  readonly wakeAt: number;
  /** In the log, not yet applied. */
  readonly undelivered: readonly LogEntry[];
  /** The state in memory is unusable; it must be loaded from the store. */
  readonly stateIsTorn: boolean;

  woken(now: number): void;
  accepted(now: number, link: LinkId): void;
  dialed(now: number, link: LinkId | undefined): void;
  packet(now: number, link: LinkId, packet: QuorumPacket): void;
  snapshotSent(now: number, link: LinkId, isOver: boolean): void;
  linkDown(now: number, link: LinkId): void;
  appended(now: number, upTo: Zxid): void;
  epochSaved(now: number, which: "accepted" | "current", epoch: Epoch): void;
  snapshotSaved(now: number, zxid: Zxid): void;
  reloaded(now: number, lastLogged: Zxid): void;

  /** After the transaction was applied. */
  delivered(now: number, entry: LogEntry): void;
}
