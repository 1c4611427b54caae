import { type ConnectionId, type SessionId, type Zxid, zxidOf } from "../base/ids.ts";
import type { ConnectRequest } from "../protocol/connect.ts";
import { dialects } from "../protocol/dialect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { isWrite, OpCode } from "../protocol/op-codes.ts";
import type { Request } from "../protocol/requests.ts";
import type { LocalSessions } from "../session/local-sessions.ts";
import type { AclRules } from "../tree/acl.ts";
import type { TxnResult } from "../tree/apply.ts";
import type { FiredWatch } from "../tree/watches.ts";
import type { Txn } from "../txn/txn.ts";
import { Answering } from "./answering.ts";
import { failure } from "./answers.ts";
import { Authentication, type AuthenticationOptions } from "./authentication.ts";
import { Connection } from "./connection.ts";
import { Connections, reportSession } from "./connections.ts";
import type { Effect, PeerEvent, Remote } from "./effects.ts";
import { type HandshakeOptions, Handshakes } from "./handshakes.ts";
import { isRefusedReadOnly } from "./read-only.ts";
import type { Replica } from "./replica.ts";
import type { Service } from "./role.ts";
import { type Asked, headerOf, noBody, submission } from "./submission.ts";
import type { Traffic } from "./traffic.ts";
import { makesEphemeral } from "./write-ops.ts";

export interface ClientOptions extends AuthenticationOptions, HandshakeOptions, AclRules {
  readonly emulate: "3.8" | "3.9";
  /** New sessions are local ones, which are upgraded for their first ephemeral or may not have any; default: all are global. */
  readonly localSessions?: { readonly upgrading: boolean } | undefined;
}

/** The clients of one peer: who they are, and where each thing that they ask for goes; what comes of it is `Answering`'s. */
export class Clients {
  /** undefined: all sessions are the quorum's. */
  readonly local: LocalSessions | undefined;
  readonly #connections: Connections;
  readonly #handshakes: Handshakes;
  readonly #answering: Answering;
  readonly #options: ClientOptions;
  readonly #replica: Replica;
  readonly #authentication: Authentication;

  constructor(options: ClientOptions, replica: Replica, local: LocalSessions | undefined) {
    this.local = local;
    this.#options = options;
    this.#replica = replica;
    this.#connections = new Connections(replica.watches);
    this.#answering = new Answering(options, replica, this.#connections);
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

  /** Another peer may have the session by now: the next request here asks whether it has, be it in the same moment. */
  askAnew(session: SessionId): void {
    const connection = this.connectionOf(session);
    if (connection !== undefined) connection.touchedAt = -1;
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
    connection.isSpent = true;
  }

  disconnected(id: ConnectionId, out: Effect[]): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined) this.#connections.lost(connection, out);
  }

  /** The role is over: every client is sent away, to find a peer that serves; nobody else knows the local sessions. */
  closeAll(why: string, out: Effect[]): void {
    for (const connection of [...this.connections.values()])
      this.#connections.sendAway(connection, why, out);
    this.#answering.forgetSyncs();
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
      this.#connections.send(connection, reply, out);
      return this.#connections.sendAway(connection, "authentication is required", out);
    }
    if (connection.touchedAt !== now) {
      // A dead session's requests are dropped without a reply (ZooKeeperServer.submitRequestNow).
      if (!this.#touch(now, connection, service)) return;
      connection.touchedAt = now;
      const isUnknown = event.type === "malformed" && !event.known; // told so before anybody asks whose the session is
      if (!isWrite(type) && !isUnknown && !service.claim(connection.session)) {
        return this.#answering.answerInTurn(now, connection, { kind: "moved", at: now }, out);
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
    this.#answering.read(now, connection, item, out);
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
      this.#connections.send(connection, reply, out);
      return this.#connections.sendAway(connection, `op ${op} is unknown`, out);
    }
    if (this.#failsInPipeline(op)) {
      this.#answering.queue(
        connection,
        { kind: "write", at: now, xid, op, failure: undefined },
        out,
      );
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
    this.#answering.answerInTurn(
      now,
      connection,
      { kind: "answer", at: now, xid, op: type, err },
      out,
    );
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
    this.#answering.queue(connection, { kind: "write", at: now, xid, op, failure }, out);
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
    if (done) this.#answering.answerInTurn(now, connection, item, out);
    else this.#answering.queue(connection, item, out);
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
    if (reply !== undefined) this.#connections.send(connection, reply, out);
    if (refusal !== undefined) this.#connections.close(connection, refusal, out);
  }

  // ------------------------------------------------------------------ answers

  /** The leader answered this peer's oldest sync. */
  synced(now: number, out: Effect[]): void {
    this.#answering.synced(now, out);
  }

  /** Tells the clients that watch, before anybody is answered. */
  notify(zxid: Zxid, fired: readonly FiredWatch[], out: Effect[]): void {
    this.#answering.notify(zxid, fired, out);
  }

  /** What this transaction was to its session's connection: a session made for it, or what it waits for. */
  settle(
    now: number,
    connection: Connection,
    txn: Txn,
    result: TxnResult,
    service: Service,
    out: Effect[],
  ): void {
    if (txn.type !== OpCode.createSession) {
      return this.#answering.settle(now, connection, txn, result, out);
    }
    if (connection.phase !== "deciding") return; // an upgrade
    this.#handshakes.decide(now, connection, true, service, out);
    this.#takeUp(now, connection, service, out);
  }
}
