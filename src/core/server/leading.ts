import { ProtocolError } from "../base/assert.ts";
import {
  type Epoch,
  type LinkId,
  noSession,
  type SessionId,
  type Sid,
  type Zxid,
} from "../base/ids.ts";
import { Reader } from "../jute/reader.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { Id } from "../protocol/records.ts";
import {
  isRequestType,
  type MultiRequest,
  type ReconfigRequest,
  type Request,
  readRequest,
} from "../protocol/requests.ts";
import type { QuorumOutput } from "../quorum/effects.ts";
import { Leader } from "../quorum/leader.ts";
import type { Standalone } from "../quorum/standalone.ts";
import type { LocalSessions } from "../session/local-sessions.ts";
import { SessionTracker } from "../session/tracker.ts";
import { type LogEntry, TxnEncoder } from "../txn/log-entry.ts";
import type { Txn } from "../txn/txn.ts";
import { type PrepareOptions, Preparer } from "./prepare.ts";
import { Reaper, type ReapTiming } from "./reaper.ts";
import type { Replica } from "./replica.ts";
import type { Role, Submission } from "./role.ts";

/** The owner of sessions whose clients are connected to this very peer; learners' links are 0 and up. */
const localOwner = -1;

/** A leader's part, and a standalone peer's: it decides writes, numbers them, and alone lets sessions expire. */
export class Leading implements Role {
  readonly kind: "leading" | "standalone";
  readonly leader: Sid;
  readonly stateIsTorn = false;
  readonly sessions: SessionTracker;
  establishedAt = 0;
  readonly #quorum: Leader | Standalone;
  readonly #preparer: Preparer;
  readonly #replica: Replica;
  readonly #encoder = new TxnEncoder();
  readonly #reader = new Reader(new Uint8Array(0));
  readonly #out: QuorumOutput[];
  /** Sessions under closure because nobody heard of them, or because a handle asked; not at their client's wish. */
  readonly #expiring = new Set<SessionId>();
  readonly #reaper: Reaper;
  /** The wall clock minus `now`, in milliseconds. */
  readonly #wallOffset: () => number;

  constructor(options: {
    sid: Sid;
    quorum: Leader | Standalone;
    replica: Replica;
    tickTime: number;
    prepare: PrepareOptions;
    local: LocalSessions | undefined;
    reaping: ReapTiming;
    wallOffset: () => number;
    out: QuorumOutput[];
  }) {
    this.kind = options.quorum instanceof Leader ? "leading" : "standalone";
    this.leader = options.sid;
    this.#quorum = options.quorum;
    this.#replica = options.replica;
    this.#out = options.out;
    this.#wallOffset = options.wallOffset;
    this.#reaper = new Reaper(options.reaping);
    const unknown = this.kind === "leading" ? ErrorCode.SESSIONEXPIRED : ErrorCode.UNKNOWNSESSION;
    this.sessions = new SessionTracker(options.tickTime, unknown);
    this.#preparer = new Preparer({
      tree: options.replica.tree,
      sessions: this.sessions,
      ensemble: options.quorum instanceof Leader ? options.quorum : undefined,
      local: options.local,
      config: options.prepare,
    });
  }

  get quorum(): Leader | Standalone {
    return this.#quorum;
  }
  get serving(): boolean {
    return !(this.#quorum instanceof Leader) || this.#quorum.established;
  }
  get epoch(): Epoch {
    return this.#quorum instanceof Leader ? this.#quorum.epoch : (0 as Epoch);
  }
  get lastCommitted(): Zxid {
    return this.#quorum.lastCommitted;
  }
  get undelivered(): readonly LogEntry[] {
    return this.#quorum instanceof Leader ? this.#quorum.undelivered : [];
  }
  get wakeAt(): number {
    const quorum = this.#quorum instanceof Leader ? this.#quorum.wakeAt : Number.POSITIVE_INFINITY;
    return this.serving ? Math.min(quorum, this.sessions.wakeAt, this.#reaper.wakeAt) : quorum;
  }

  /** Every session the tree knows starts with its full timeout: a new leader cannot know when it was last heard. */
  established(now: number): void {
    this.establishedAt = now;
    for (const [session, timeout] of this.#replica.tree.sessions) {
      this.sessions.create(session, timeout, now);
    }
    this.#reaper.start(now);
  }

  woken(now: number): void {
    if (this.#quorum instanceof Leader && now >= this.#quorum.wakeAt) {
      this.#quorum.woken(now, this.#out);
    }
    if (!this.serving) return;
    if (now >= this.sessions.wakeAt) {
      for (const session of this.sessions.expire(now)) this.#expire(now, session);
    }
    if (now >= this.#reaper.wakeAt) this.#reap(now);
  }

  accepted(now: number, link: LinkId): void {
    if (this.#quorum instanceof Leader) this.#quorum.accepted(now, link);
    else this.#out.push({ type: "hangUp", link, why: "a standalone peer has no learners" });
  }

  dialed(_now: number, link: LinkId | undefined): void {
    if (link !== undefined) this.#out.push({ type: "hangUp", link, why: "leading by now" });
  }

  packet(now: number, link: LinkId, packet: QuorumPacket): void {
    if (this.#quorum instanceof Leader) this.#quorum.packet(now, link, packet, this.#out);
  }

  snapshotSent(now: number, link: LinkId, isOver: boolean): void {
    if (this.#quorum instanceof Leader) this.#quorum.snapshotSent(now, { link, isOver }, this.#out);
  }

  linkDown(_now: number, link: LinkId): void {
    if (this.#quorum instanceof Leader) this.#quorum.linkDown(link, this.#out);
  }

  appended(_now: number, upTo: Zxid): void {
    this.#quorum.appended(upTo, this.#out);
  }

  epochSaved(now: number, which: "accepted" | "current", epoch: Epoch): void {
    if (this.#quorum instanceof Leader) this.#quorum.epochSaved(now, which, epoch, this.#out);
  }

  snapshotSaved(): void {}

  reloaded(): void {}

  // ------------------------------------------------------------------ for clients of this peer

  touch(now: number, session: SessionId, timeout: number): boolean {
    return this.sessions.touch(session, timeout, now);
  }

  claim(session: SessionId): boolean {
    return this.sessions.checkSession(session, localOwner) !== ErrorCode.SESSIONMOVED;
  }

  openSession(now: number, session: SessionId, timeout: number): void {
    const request: Request = { xid: 0, type: OpCode.createSession, body: { timeout } };
    this.#decide(now, session, request, [], localOwner);
  }

  revalidate(now: number, session: SessionId, timeout: number): boolean {
    const alive = this.sessions.touch(session, timeout, now);
    if (alive) this.sessions.setOwner(session, localOwner);
    return alive;
  }

  write(now: number, { session, request, ids }: Submission): void {
    if (request.body === undefined) {
      return this.#refuse(now, session, request);
    }
    this.#decide(now, session, request, ids, localOwner);
  }

  sync(): boolean {
    return true; // on the leader it is no barrier: it flows like a read (ProposalRequestProcessor)
  }

  closeSession(now: number, session: SessionId): void {
    const request: Request = { xid: 0, type: OpCode.closeSession, body: {} };
    this.#decide(now, session, request, [], undefined);
  }

  delivered(_now: number, { txn }: LogEntry): void {
    this.#preparer.applied(txn.zxid);
    if (txn.type === OpCode.closeSession) this.sessions.remove(txn.session);
  }

  // ------------------------------------------------------------------ for learners

  /** A request that a learner sent on; what does not decode takes a zxid all the same, as in 3.8. */
  forwarded(now: number, link: LinkId, packet: QuorumPacket & { type: "REQUEST" }): void {
    const { session, cxid, op } = packet;
    if (op === OpCode.sync) {
      if (this.#quorum instanceof Leader) this.#quorum.sync(link, this.#out);
      return;
    }
    if (!isRequestType(op)) return; // dropped without an answer, as UnimplementedRequestProcessor does for learners
    let request: Request;
    try {
      this.#reader.reset(packet.body, 0, packet.body.length);
      request = readRequest(this.#reader, cxid, op);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return this.#refuse(now, session, { xid: cxid, type: op });
    }
    this.#decide(now, session, request, packet.ids ?? [], link);
  }

  /** A body that does not decode. The server's own deleteContainer is a bare path: 3.8 finds any client's to be a bad one. */
  #refuse(now: number, session: SessionId, { xid, type }: { xid: number; type: number }): void {
    const isBarePath = type === OpCode.deleteContainer;
    const err = isBarePath ? ErrorCode.BADARGUMENTS : ErrorCode.MARSHALLINGERROR;
    this.#propose(now, this.#failed(now, session, xid, err));
  }

  revalidateFor(now: number, link: LinkId, session: SessionId, timeout: number): void {
    const valid = this.sessions.touch(session, timeout, now);
    if (valid) this.sessions.setOwner(session, link);
    const packet: QuorumPacket = { type: "REVALIDATED", session, valid };
    this.#out.push({ type: "send", link, packet });
  }

  // ------------------------------------------------------------------ commands

  /** Commits an error transaction, which takes a zxid and changes nothing; `token` stands in for a client's xid. */
  prove(now: number, token: number): Zxid {
    const txn = this.#failed(now, noSession, token, ErrorCode.NONODE);
    this.#propose(now, txn);
    return txn.zxid;
  }

  /** Changes who belongs, whatever the ACL of /zookeeper/config; `token` stands in for a client's xid. */
  reconfigure(now: number, token: number, body: ReconfigRequest): Zxid {
    return this.#decideAsSuper(now, { xid: token, type: OpCode.reconfig, body });
  }

  /** All ops or, where one cannot be done, none, whatever the ACLs; `token` stands in for a client's xid. */
  edit(now: number, token: number, body: MultiRequest): Zxid {
    return this.#decideAsSuper(now, { xid: token, type: OpCode.multi, body });
  }

  #decideAsSuper(now: number, request: Request): Zxid {
    const zxid = this.#quorum.nextZxid;
    this.#decide(now, noSession, request, [{ scheme: "super", id: "" }], undefined);
    return zxid;
  }

  /** Marks a session and closes it through the quorum; false when there is none. */
  expire(now: number, session: SessionId): boolean {
    if (!this.sessions.has(session) || this.sessions.isClosing(session)) return false;
    this.sessions.markClosing(session);
    this.#expire(now, session);
    return true;
  }

  /** Whether a session whose closing was just committed had expired; asked once. */
  takeExpired(session: SessionId): boolean {
    return this.#expiring.delete(session);
  }

  #expire(now: number, session: SessionId): void {
    this.#expiring.add(session);
    this.closeSession(now, session);
  }

  /** Each container or TTL node whose time has come goes by a transaction of its own, which no session asked for. */
  #reap(now: number): void {
    const time = now + this.#wallOffset();
    for (const path of this.#reaper.due(this.#replica.tree, { now, time })) {
      const request: Request = { xid: 0, type: OpCode.deleteContainer, body: { path } };
      this.#decide(now, noSession, request, [], undefined);
    }
  }

  #decide(
    now: number,
    session: SessionId,
    request: Request,
    ids: readonly Id[],
    owner: number | undefined,
  ): void {
    const txn = this.#preparer.prepare({
      session,
      cxid: request.xid,
      owner,
      type: request.type,
      body: request.body,
      ids,
      zxid: this.#quorum.nextZxid,
      time: now + this.#wallOffset(),
      now,
    });
    this.#propose(now, txn);
  }

  #failed(now: number, session: SessionId, cxid: number, err: number): Txn {
    return {
      type: OpCode.error,
      body: { err },
      session,
      cxid,
      zxid: this.#quorum.nextZxid,
      time: now + this.#wallOffset(),
      digest: undefined,
    };
  }

  #propose(now: number, txn: Txn): void {
    const entry = this.#encoder.encode(txn);
    if (this.#quorum instanceof Leader) this.#quorum.propose(now, entry, this.#out);
    else this.#quorum.propose(entry, this.#out);
  }
}
