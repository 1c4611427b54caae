import { type ConnectionId, type SessionId, type Zxid, zxidOf } from "../base/ids.ts";
import type { ConnectRequest } from "../protocol/connect.ts";
import { dialects } from "../protocol/dialect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { isWrite, OpCode, Xid } from "../protocol/op-codes.ts";
import type { Request } from "../protocol/requests.ts";
import { checkAcl, Permission } from "../tree/acl.ts";
import type { TxnResult } from "../tree/apply.ts";
import type { FiredWatch } from "../tree/watches.ts";
import type { Txn } from "../txn/txn.ts";
import { failure, success } from "./answers.ts";
import { Authentication, type AuthenticationOptions } from "./authentication.ts";
import { Connection, type Pending } from "./connection.ts";
import { Connections } from "./connections.ts";
import type { Effect, PeerEvent, Remote } from "./effects.ts";
import { type HandshakeOptions, Handshakes } from "./handshakes.ts";
import { read } from "./read.ts";
import type { Replica } from "./replica.ts";
import type { Role } from "./role.ts";
import { noBody, submission } from "./submission.ts";
import type { Traffic } from "./traffic.ts";

/** Above this many waiting requests a connection is not read until half of them are answered. */
export const pendingMax = 1000;

export interface ClientOptions extends AuthenticationOptions, HandshakeOptions {
  readonly emulate: "3.8" | "3.9";
  /** zookeeper.skipACL */
  readonly skipAcl?: boolean;
}

/**
 * The clients of one peer: what they ask, what they wait for, and the order of their answers. A connection's replies leave in
 * the order of its requests; a read behind a write waits for it; watch events leave before the reply that shows the change.
 */
export class Clients {
  readonly #connections: Connections;
  readonly #handshakes: Handshakes;
  /** Syncs asked of the leader, answered in order whatever becomes of their clients. */
  #syncs: { readonly connection: Connection; readonly item: { done: boolean } }[] = [];
  readonly #options: ClientOptions;
  readonly #replica: Replica;
  readonly #authentication: Authentication;

  constructor(options: ClientOptions, replica: Replica) {
    this.#options = options;
    this.#replica = replica;
    this.#connections = new Connections(replica.watches);
    this.#handshakes = new Handshakes(options, replica, this.#connections);
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
    let count = 0;
    for (const connection of this.connections.values()) count += connection.pending.length;
    return count;
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
    if (connection !== undefined) this.#connections.received(connection);
  }

  disconnected(id: ConnectionId, out: Effect[]): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined) this.#connections.lost(connection, out);
  }

  /** The role is over: every client is sent away, to find a peer that serves. */
  closeAll(why: string, out: Effect[]): void {
    for (const connection of [...this.connections.values()])
      this.#connections.close(connection, why, out);
    this.#syncs = [];
  }

  // ------------------------------------------------------------------ handshakes

  handshake(
    now: number,
    id: ConnectionId,
    request: ConnectRequest,
    role: Role | undefined,
    out: Effect[],
  ): void {
    const connection = this.#connections.get(id);
    if (connection === undefined || connection.phase !== "new") return;
    this.traffic.handshakes += 1;
    this.#connections.received(connection);
    this.#handshakes.begin(now, connection, request, role, out);
    this.#takeUp(now, connection, role, out);
  }

  /** The leader's word on a session that reconnected here. */
  revalidated(now: number, session: SessionId, alive: boolean, role: Role, out: Effect[]): void {
    const connection = this.#connections.ofSession(session);
    if (connection?.phase !== "deciding") return;
    this.#handshakes.decide(connection, alive, out);
    this.#takeUp(now, connection, role, out);
  }

  /** What was piped behind a handshake is admitted once it is decided. */
  #takeUp(now: number, connection: Connection, role: Role | undefined, out: Effect[]): void {
    if (connection.phase !== "open") return;
    const { backlog } = connection;
    connection.backlog = [];
    for (const event of backlog) this.admit(now, event, role, out);
  }

  // ------------------------------------------------------------------ requests

  admit(
    now: number,
    event: PeerEvent & { readonly type: "request" | "malformed" },
    role: Role | undefined,
    out: Effect[],
  ): void {
    const connection = this.#connections.get(event.connection);
    if (connection === undefined || role === undefined) return;
    if (connection.phase !== "open") {
      if (connection.phase === "deciding") connection.backlog.push(event);
      return;
    }
    this.#connections.received(connection);
    if (event.type === "malformed") return this.#admitMalformed(now, connection, event, role, out);
    const { request } = event;
    connection.lastXid = request.xid;
    connection.lastOp = request.type;
    if (request.type === OpCode.auth || request.type === OpCode.sasl) {
      return this.#authenticate(now, connection, request, out);
    }
    if (!this.#authentication.admits(connection.ids)) {
      const { xid, type } = request;
      const reply = failure(xid, zxidOf(0), ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH, type);
      this.#connections.reply(now, connection, now, reply, out);
      return this.#connections.close(connection, "authentication is required", out);
    }
    if (connection.touchedAt !== now) {
      // A dead session's requests are dropped without a reply (ZooKeeperServer.submitRequestNow).
      if (!role.touch(now, connection.session, connection.timeout)) return;
      connection.touchedAt = now;
    }
    if (isWrite(request.type)) this.#admitWrite(now, connection, event, role, out);
    else if (request.type === OpCode.sync) this.#admitSync(now, connection, event, role, out);
    else this.#admitRead(now, connection, request, out);
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
    role: Role,
    out: Effect[],
  ): void {
    const { xid, op, known, raw } = event;
    if (!known) {
      const reply = failure(xid, zxidOf(-1), ErrorCode.UNIMPLEMENTED, op);
      this.#connections.reply(now, connection, now, reply, out);
      return this.#connections.close(connection, `op ${op} is unknown`, out);
    }
    if (this.#failsInPipeline(op)) {
      this.#wait(connection, { kind: "write", at: now, xid, op }, out);
      return role.write(now, submission(connection, { xid, type: op, body: undefined }, raw));
    }
    this.#wait(connection, { kind: "malformed", at: now, xid, op }, out);
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
    role: Role,
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
        role,
        out,
      );
    }
    // Queued before it is sent: its transaction must find it here (CommitProcessor).
    this.#wait(connection, { kind: "write", at: now, xid: request.xid, op: request.type }, out);
    role.write(now, submission(connection, request, raw));
  }

  #admitSync(
    now: number,
    connection: Connection,
    event: PeerEvent & { readonly type: "request" },
    role: Role,
    out: Effect[],
  ): void {
    const { request, raw } = event;
    const done = role.sync(now, submission(connection, request, raw));
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
    connection.pending.push(item);
    if (connection.pending.length >= pendingMax && !connection.throttled) {
      connection.throttled = true;
      out.push({ type: "throttle", connection: connection.id, on: true });
    }
  }

  /** Answered at once: requests that wait keep the identities they came with. */
  #authenticate(now: number, connection: Connection, request: Request, out: Effect[]): void {
    const { reply, ids, refusal } = this.#authentication.answer(connection, request);
    const known = new Set(connection.ids.map((id) => `${id.scheme}:${id.id}`));
    const added = ids.filter((id) => !known.has(`${id.scheme}:${id.id}`));
    if (added.length > 0) connection.ids = [...connection.ids, ...added];
    if (reply !== undefined) this.#connections.reply(now, connection, now, reply, out);
    if (refusal === undefined) return;
    this.traffic.authFailed += 1;
    this.#connections.close(connection, refusal, out);
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
        skipAcl: this.#options.skipAcl ?? false,
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
    role: Role,
    out: Effect[],
  ): void {
    if (txn.type === OpCode.createSession && connection.phase === "deciding") {
      this.#handshakes.decide(connection, true, out);
      return this.#takeUp(now, connection, role, out);
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
    const { err, body } = result;
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
      if (head.kind === "malformed") {
        const zxid = this.#replica.lastApplied;
        const reply = failure(head.xid, zxid, ErrorCode.MARSHALLINGERROR, head.op);
        this.#connections.reply(now, connection, head.at, reply, out);
      } else this.#read(now, connection, head, out);
    }
    if (connection.throttled && pending.length <= pendingMax / 2) {
      connection.throttled = false;
      out.push({ type: "throttle", connection: connection.id, on: false });
    }
  }

  /** To whoever may read the node; a one-shot watch is used up all the same. */
  #deliver(watch: FiredWatch, zxid: Zxid, out: Effect[]): void {
    const connection = this.#connections.get(watch.connection);
    if (connection === undefined) return;
    const { skipAcl = false } = this.#options;
    if (!skipAcl && !checkAcl(watch.acl, Permission.read, connection.ids)) return;
    this.#connections.watchEvent(
      connection,
      watch,
      this.#options.emulate === "3.8" ? zxidOf(-1) : zxid,
      out,
    );
  }
}
