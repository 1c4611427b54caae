import { type ConnectionId, type SessionId, type Zxid, zxidOf } from "../base/ids.ts";
import type { ConnectRequest } from "../protocol/connect.ts";
import { dialects } from "../protocol/dialect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { isWrite, OpCode, Xid } from "../protocol/op-codes.ts";
import type { Request } from "../protocol/requests.ts";
import type { LocalSessions } from "../session/local-sessions.ts";
import { type AclRules, checkAcl, Permission } from "../tree/acl.ts";
import type { TxnResult } from "../tree/apply.ts";
import type { FiredWatch } from "../tree/watches.ts";
import type { Txn } from "../txn/txn.ts";
import { failure, success } from "./answers.ts";
import { Authentication, type AuthenticationOptions } from "./authentication.ts";
import { Connection, type Pending } from "./connection.ts";
import { Connections, reportSession } from "./connections.ts";
import type { Effect, PeerEvent, Remote } from "./effects.ts";
import { type HandshakeOptions, Handshakes } from "./handshakes.ts";
import { read } from "./read.ts";
import { isRefusedReadOnly } from "./read-only.ts";
import type { Replica } from "./replica.ts";
import type { Service } from "./role.ts";
import { type Asked, headerOf, noBody, submission } from "./submission.ts";
import type { Traffic } from "./traffic.ts";
import { makesEphemeral } from "./write-ops.ts";

/** Above this many waiting requests a connection is not read until half of them are answered. */
export const pendingMax = 1000;

export interface ClientOptions extends AuthenticationOptions, HandshakeOptions, AclRules {
  readonly emulate: "3.8" | "3.9";
  /** New sessions are local ones, which are upgraded for their first ephemeral or may not have any; default: all are global. */
  readonly localSessions?: { readonly upgrading: boolean } | undefined;
}

/**
 * The clients of one peer: what they ask, what they wait for, and the order of their answers. A connection's replies leave in
 * the order of its requests; a read behind a write waits for it; watch events leave before the reply that shows the change.
 */
export class Clients {
  /** undefined: all sessions are the quorum's. */
  readonly local: LocalSessions | undefined;
  readonly #connections: Connections;
  readonly #handshakes: Handshakes;
  /** Syncs asked of the leader, answered in order whatever becomes of their clients. */
  #syncs: { readonly connection: Connection; readonly item: { done: boolean } }[] = [];
  readonly #options: ClientOptions;
  readonly #replica: Replica;
  readonly #authentication: Authentication;

  constructor(options: ClientOptions, replica: Replica, local: LocalSessions | undefined) {
    this.local = local;
    this.#options = options;
    this.#replica = replica;
    this.#connections = new Connections(replica.watches);
    this.#handshakes = new Handshakes(options, replica, this.#connections, local);
    this.#authentication = new Authentication(options);
  }

  get connections(): ReadonlyMap<ConnectionId, Connection> {
    return this.#connections.byId;
  }

  /** Since the peer started, for four-letter words. */
  get traffic(): Traffic {
    return this.#connections.traffic;
  }

  /** Requests that wait for the quorum, or behind one that does. */
  get waiting(): number {
    return this.#connections.waiting;
  }

  set outstandingMax(max: number) {
    this.#connections.outstandingMax = max;
  }

  connectionOf(session: SessionId): Connection | undefined {
    return this.#connections.ofSession(session);
  }

  connected(now: number, id: ConnectionId, remote: Remote): void {
    const connection = new Connection(id, remote, now);
    connection.ids = this.#authentication.promoted(connection.ids);
    this.#connections.add(connection);
  }

  /** A four-letter word: a packet like any other (NIOServerCnxn.checkFourLetterWord). */
  worded(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#connections.received(connection);
    connection.throttled = true; // nothing more is read of it
  }

  disconnected(id: ConnectionId, out: Effect[]): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined) this.#connections.lost(connection, out);
  }

  /** The role is over: every client is sent away, to find a peer that serves; nobody else knows the local sessions. */
  closeAll(why: string, out: Effect[]): void {
    for (const connection of [...this.connections.values()])
      this.#connections.sendAway(connection, why, out);
    this.#syncs = [];
    for (const session of this.local?.takeAll() ?? []) reportSession(session, "expired", out);
  }

  /** Ends the local sessions whose time is over. */
  woken(now: number, out: Effect[]): void {
    for (const session of this.local?.expire(now) ?? []) this.#expired(session, out);
  }

  /** Ends a local session; false when it is none. */
  expireLocal(session: SessionId, out: Effect[]): boolean {
    if (this.local?.has(session) !== true) return false;
    this.local.close(session);
    this.#expired(session, out);
    return true;
  }

  #expired(session: SessionId, out: Effect[]): void {
    reportSession(session, "expired", out);
    const connection = this.#connections.ofSession(session);
    if (connection !== undefined) this.#connections.close(connection, "its session expired", out);
  }

  /** A request of a connection was dropped, so that no later one may be answered (RequestThrottler.dropRequest). */
  drop(id: ConnectionId, out: Effect[]): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined) this.#connections.sendAway(connection, "a request is stale", out);
  }

  // ------------------------------------------------------------------ handshakes

  handshake(
    now: number,
    id: ConnectionId,
    request: ConnectRequest,
    service: Service | undefined,
    out: Effect[],
  ): void {
    const connection = this.#connections.get(id);
    if (connection === undefined || connection.phase !== "new") return;
    this.#connections.received(connection);
    if (!this.#handshakes.admits(now, connection, request, out)) return;
    this.traffic.handshakes += 1;
    this.#handshakes.begin(now, connection, request, service, out);
    this.#takeUp(now, connection, service, out);
  }

  /** The leader's word on a session that reconnected here. */
  revalidated(
    now: number,
    session: SessionId,
    alive: boolean,
    service: Service,
    out: Effect[],
  ): void {
    const connection = this.#connections.ofSession(session);
    if (connection?.phase !== "deciding") return;
    if (alive && !this.#replica.tree.sessions.has(session)) this.local?.expectGlobal(session);
    this.#handshakes.decide(now, connection, alive, service, out);
    this.#takeUp(now, connection, service, out);
  }

  /** What was piped behind a handshake is admitted once it is decided. */
  #takeUp(now: number, connection: Connection, service: Service | undefined, out: Effect[]): void {
    if (connection.phase !== "open") return;
    const { backlog } = connection;
    connection.backlog = [];
    for (const event of backlog) this.admit(now, event, service, out);
  }

  // ------------------------------------------------------------------ requests

  /** With `err` it is only answered with that, in its turn. */
  admit(
    now: number,
    event: Asked,
    service: Service | undefined,
    out: Effect[],
    err?: ErrorCode,
  ): void {
    const connection = this.#connections.get(event.connection);
    if (connection === undefined || service === undefined) return;
    if (connection.phase !== "open") {
      if (connection.phase === "deciding") connection.backlog.push(event);
      return;
    }
    this.#connections.received(connection);
    const header = headerOf(event);
    const { xid, type } = header;
    if (err !== undefined) return this.#answer(now, connection, header, err, out);
    if (type === OpCode.auth || type === OpCode.sasl) {
      return this.#authenticate(connection, event, out);
    }
    if (!this.#authentication.admits(connection.ids)) {
      const reply = failure(xid, zxidOf(0), ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH, type);
      this.#connections.replyAside(connection, reply, out);
      return this.#connections.sendAway(connection, "authentication is required", out);
    }
    if (connection.touchedAt !== now) {
      // A dead session's requests are dropped without a reply (ZooKeeperServer.submitRequestNow).
      if (!this.#touch(now, connection, service)) return;
      connection.touchedAt = now;
      if (!isWrite(type) && service.hasMoved(connection.session)) {
        return this.#answer(now, connection, header, ErrorCode.SESSIONMOVED, out);
      }
    }
    if (service.kind === "readonly" && isRefusedReadOnly(type)) {
      return this.#answer(now, connection, header, ErrorCode.NOTREADONLY, out);
    }
    if (event.type === "malformed") this.#admitMalformed(now, connection, event, service, out);
    else if (isWrite(type)) this.#admitWrite(now, connection, event, service, out);
    else if (type === OpCode.sync) this.#admitSync(now, connection, event, service, out);
    else this.#admitRead(now, connection, event.request, out);
  }

  #touch(now: number, { session, timeout }: Connection, service: Service): boolean {
    const { local } = this;
    if (local?.touch(session, timeout, now)) return true;
    return service.touch(now, session, timeout) || (local?.isUpgrading(session) ?? false);
  }

  #admitRead(now: number, connection: Connection, request: Request, out: Effect[]): void {
    const item = { kind: "read" as const, at: now, request, ids: connection.ids };
    if (connection.pending.length === 0) this.#read(now, connection, item, out);
    else this.#wait(connection, item, out);
  }

  #admitMalformed(
    now: number,
    connection: Connection,
    event: PeerEvent & { readonly type: "malformed" },
    service: Service,
    out: Effect[],
  ): void {
    const { xid, op, known, raw } = event;
    if (!known) {
      const reply = failure(xid, zxidOf(-1), ErrorCode.UNIMPLEMENTED, op);
      this.#connections.replyAside(connection, reply, out);
      return this.#connections.sendAway(connection, `op ${op} is unknown`, out);
    }
    if (this.#failsInPipeline(op)) {
      this.#wait(connection, { kind: "write", at: now, xid, op, failure: undefined }, out);
      return service.write(now, submission(connection, { xid, type: op, body: undefined }, raw));
    }
    this.#answer(now, connection, { xid, type: op }, ErrorCode.MARSHALLINGERROR, out);
  }

  /** In its turn. */
  #answer(
    now: number,
    connection: Connection,
    { xid, type }: { readonly xid: number; readonly type: number },
    err: ErrorCode,
    out: Effect[],
  ): void {
    this.#wait(connection, { kind: "answer", at: now, xid, op: type, err }, out);
    this.#drain(now, connection, out);
  }

  /** A multi is decoded late by every version, other writes by 3.8 only, reconfig by none: what fails late takes a zxid. */
  #failsInPipeline(op: number): boolean {
    if (op === OpCode.multi) return true;
    const { malformedTakesZxid } = dialects[this.#options.emulate];
    return malformedTakesZxid && isWrite(op) && op !== OpCode.reconfig;
  }

  #admitWrite(
    now: number,
    connection: Connection,
    event: PeerEvent & { readonly type: "request" },
    service: Service,
    out: Effect[],
  ): void {
    const { request, raw } = event;
    if (request.type === OpCode.createSession) {
      const { xid, type: op } = request;
      // Its body decodes, but not for a client: the leader is not to see it.
      const malformed = { xid, op, known: true, raw: noBody } as const;
      return this.#admitMalformed(
        now,
        connection,
        { type: "malformed", connection: connection.id, ...malformed },
        service,
        out,
      );
    }
    const { session } = connection;
    let failure: ErrorCode | undefined;
    if (this.local?.has(session)) {
      if (request.type === OpCode.closeSession) {
        this.local.close(session);
        return this.#answer(now, connection, request, ErrorCode.OK, out);
      }
      if (makesEphemeral(request)) failure = this.#upgrade(now, session, service);
    }
    // Queued before it is sent: its transaction must find it here (CommitProcessor).
    const { xid, type: op } = request;
    this.#wait(connection, { kind: "write", at: now, xid, op, failure }, out);
    service.write(now, submission(connection, request, raw));
  }

  /** QuorumZooKeeperServer.checkUpgradeSession: the quorum must know a session that owns a node; the error where it must not. */
  #upgrade(now: number, session: SessionId, service: Service): ErrorCode | undefined {
    if (this.#options.localSessions?.upgrading !== true) {
      // A leader says so by itself; a learner's says that the session has expired.
      return service.kind === "leading" ? undefined : ErrorCode.EPHEMERALONLOCALSESSION;
    }
    const timeout = this.local?.upgrade(session);
    if (timeout !== undefined) service.openSession(now, session, timeout);
    return undefined;
  }

  #admitSync(
    now: number,
    connection: Connection,
    event: PeerEvent & { readonly type: "request" },
    service: Service,
    out: Effect[],
  ): void {
    const { request, raw } = event;
    const done = service.sync(now, submission(connection, request, raw));
    const item = { kind: "sync" as const, at: now, request, ids: connection.ids, done };
    if (!done) this.#syncs.push({ connection, item });
    this.#wait(connection, item, out);
    if (done) this.#drain(now, connection, out);
  }

  /** The leader answered this peer's oldest sync: by then everything before it was applied here. */
  synced(now: number, out: Effect[]): void {
    const sync = this.#syncs.shift();
    if (sync === undefined) return;
    sync.item.done = true;
    if (sync.connection.phase === "open") this.#drain(now, sync.connection, out);
  }

  #wait(connection: Connection, item: Pending, out: Effect[]): void {
    const { pending } = connection;
    pending.push(item);
    if ((pending.length >= pendingMax || this.#connections.isFull) && !connection.throttled) {
      connection.throttled = true;
      out.push({ type: "throttle", connection: connection.id, on: true });
    }
  }

  /** Answered at once: requests that wait keep the identities they came with. What does not decode ends the connection. */
  #authenticate(connection: Connection, event: Asked, out: Effect[]): void {
    if (event.type === "malformed") {
      return this.#connections.sendAway(connection, "a login that does not decode", out);
    }
    const { reply, ids, refusal } = this.#authentication.answer(connection, event.request);
    const known = new Set(connection.ids.map((id) => `${id.scheme}:${id.id}`));
    const added = ids.filter((id) => !known.has(`${id.scheme}:${id.id}`));
    if (added.length > 0) connection.ids = [...connection.ids, ...added];
    if (reply !== undefined) this.#connections.replyAside(connection, reply, out);
    if (refusal !== undefined) this.#connections.close(connection, refusal, out);
  }

  // ------------------------------------------------------------------ answers

  #read(
    now: number,
    connection: Connection,
    { at, request, ids }: Pending & { readonly kind: "read" | "sync" },
    out: Effect[],
  ): void {
    const zxid = this.#replica.lastApplied;
    if (request.type === OpCode.ping) {
      const reply = { xid: Xid.ping, zxid, err: ErrorCode.OK, type: request.type, body: {} };
      return this.#connections.reply(now, connection, at, reply, out);
    }
    if (request.type === OpCode.sync) {
      const reply = success(request, zxid, { path: request.body.path });
      return this.#connections.reply(now, connection, at, reply, out);
    }
    const fired: FiredWatch[] = [];
    const result = read(
      {
        tree: this.#replica.tree,
        watches: this.#replica.watches,
        connection: connection.id,
        session: connection.session,
        ids,
        emulate: this.#options.emulate,
        aclRules: this.#options,
      },
      request,
      fired,
    );
    for (const watch of fired) this.#connections.watchEvent(connection, watch, zxidOf(-1), out);
    const { err, body } = result;
    const reply = { xid: request.xid, zxid, err, type: request.type, body };
    this.#connections.reply(now, connection, at, reply, out);
  }

  /** Tells the clients that watch, before anybody is answered. */
  notify(zxid: Zxid, fired: readonly FiredWatch[], out: Effect[]): void {
    for (const watch of fired) this.#deliver(watch, zxid, out);
  }

  /** Answers what this transaction was to its session's connection: the reply, then the reads behind it. */
  settle(
    now: number,
    connection: Connection,
    txn: Txn,
    result: TxnResult,
    service: Service,
    out: Effect[],
  ): void {
    if (txn.type === OpCode.createSession) {
      if (connection.phase !== "deciding") return; // an upgrade
      this.#handshakes.decide(now, connection, true, service, out);
      return this.#takeUp(now, connection, service, out);
    }
    const head = connection.pending.first();
    const closes = txn.type === OpCode.closeSession;
    if (
      head?.kind === "write" &&
      head.xid === txn.cxid &&
      (head.op === OpCode.closeSession || !closes)
    ) {
      this.#settleWrite(now, connection, head, txn, result, out);
    } else if (closes) {
      this.#connections.close(connection, "its session is closed", out);
    }
  }

  #settleWrite(
    now: number,
    connection: Connection,
    head: Pending & { readonly kind: "write" },
    txn: Txn,
    result: TxnResult,
    out: Effect[],
  ): void {
    connection.pending.shift();
    if (result.err === ErrorCode.SESSIONMOVED) {
      // Connection-level in Apache too: no reply (FinalRequestProcessor).
      return this.#connections.close(connection, "its session has moved", out);
    }
    const { body } = result;
    const err = txn.type === OpCode.error ? (head.failure ?? result.err) : result.err;
    const reply = { xid: txn.cxid, zxid: txn.zxid, err, type: head.op, body };
    this.#connections.reply(now, connection, head.at, reply, out, "update");
    if (txn.type === OpCode.closeSession) {
      return this.#connections.close(connection, "the client closed its session", out);
    }
    this.#drain(now, connection, out);
  }

  /** Serves what is ready at the head of the queue. */
  #drain(now: number, connection: Connection, out: Effect[]): void {
    const { pending } = connection;
    for (let head = pending.first(); head !== undefined; head = pending.first()) {
      if (head.kind === "write" || (head.kind === "sync" && !head.done)) break;
      pending.shift();
      if (head.kind === "answer") {
        const { xid, op, err } = head;
        if (err === ErrorCode.SESSIONMOVED) {
          return this.#connections.close(connection, "its session has moved", out);
        }
        const reply = failure(xid, this.#replica.lastApplied, err, op);
        // ReadOnlyRequestProcessor answers by itself.
        if (err === ErrorCode.NOTREADONLY) this.#connections.replyAside(connection, reply, out);
        else this.#connections.reply(now, connection, head.at, reply, out);
        if (op === OpCode.closeSession && err === ErrorCode.OK)
          return this.#closed(connection, out);
      } else this.#read(now, connection, head, out);
    }
    const isFew =
      pending.length === 0 || (pending.length <= pendingMax / 2 && !this.#connections.isFull);
    if (connection.throttled && isFew) {
      connection.throttled = false;
      out.push({ type: "throttle", connection: connection.id, on: false });
    }
  }

  /** A local session, at its client's wish. */
  #closed(connection: Connection, out: Effect[]): void {
    reportSession(connection.session, "closed", out);
    this.#connections.close(connection, "the client closed its session", out);
  }

  /** To whoever may read the node; a one-shot watch is used up all the same. */
  #deliver(watch: FiredWatch, zxid: Zxid, out: Effect[]): void {
    const connection = this.#connections.get(watch.connection);
    if (connection === undefined) return;
    if (!checkAcl(watch.acl, Permission.read, connection.ids, this.#options)) return;
    this.#connections.watchEvent(
      connection,
      watch,
      dialects[this.#options.emulate].eventZxid ? zxid : zxidOf(-1),
      out,
    );
  }
}
