import { type Zxid, zxidOf } from "../base/ids.ts";
import { dialects } from "../protocol/dialect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode, Xid } from "../protocol/op-codes.ts";
import { type AclRules, checkAcl, Permission } from "../tree/acl.ts";
import type { TxnResult } from "../tree/apply.ts";
import type { FiredWatch } from "../tree/watches.ts";
import type { Txn } from "../txn/txn.ts";
import { failure, success } from "./answers.ts";
import type { Connection, Pending } from "./connection.ts";
import { type Connections, reportSession } from "./connections.ts";
import type { Effect } from "./effects.ts";
import { read } from "./read.ts";
import type { Replica } from "./replica.ts";

/** Above this many waiting requests a connection is not read until half of them are answered. */
export const pendingMax = 1000;

export interface AnsweringOptions extends AclRules {
  readonly emulate: "3.8" | "3.9";
}

/**
 * What clients wait for, and the order of their answers. A connection's replies leave in the order of its requests; a read behind
 * a write waits for it; watch events leave before the reply that shows the change.
 */
export class Answering {
  readonly #options: AnsweringOptions;
  readonly #replica: Replica;
  readonly #connections: Connections;
  /** Syncs asked of the leader, answered in order whatever becomes of their clients. */
  #syncs: { readonly connection: Connection; readonly item: { done: boolean } }[] = [];

  constructor(options: AnsweringOptions, replica: Replica, connections: Connections) {
    this.#options = options;
    this.#replica = replica;
    this.#connections = connections;
  }

  /** At the end of its connection's queue: for a transaction, the leader, or those before it. */
  queue(connection: Connection, item: Pending, out: Effect[]): void {
    const { pending } = connection;
    pending.push(item);
    if (item.kind === "sync" && !item.done) this.#syncs.push({ connection, item });
    if ((pending.length >= pendingMax || this.#connections.isFull) && !connection.throttled) {
      connection.throttled = true;
      out.push({ type: "throttle", connection: connection.id, on: true });
    }
  }

  /** What waits for nothing but its turn. */
  answerInTurn(now: number, connection: Connection, item: Pending, out: Effect[]): void {
    this.queue(connection, item, out);
    this.#drain(now, connection, out);
  }

  /** As `answerInTurn`; most reads find nobody before them. */
  read(
    now: number,
    connection: Connection,
    item: Pending & { readonly kind: "read" },
    out: Effect[],
  ): void {
    if (connection.pending.length === 0) this.#read(now, connection, item, out);
    else this.queue(connection, item, out);
  }

  /** The leader answered this peer's oldest sync: by then everything before it was applied here. */
  synced(now: number, out: Effect[]): void {
    const sync = this.#syncs.shift();
    if (sync === undefined) return;
    sync.item.done = true;
    if (sync.connection.phase === "open") this.#drain(now, sync.connection, out);
  }

  /** There is no leader any more to answer them. */
  forgetSyncs(): void {
    this.#syncs = [];
  }

  /** Tells the clients that watch, before anybody is answered. */
  notify(zxid: Zxid, fired: readonly FiredWatch[], out: Effect[]): void {
    for (const watch of fired) this.#deliver(watch, zxid, out);
  }

  /** Answers what this transaction was to its session's connection: the reply, then the reads behind it. */
  settle(now: number, connection: Connection, txn: Txn, result: TxnResult, out: Effect[]): void {
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
    if (result.err === ErrorCode.SESSIONMOVED) return this.#movedAway(connection, out);
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
      if (head.kind === "moved") return this.#movedAway(connection, out);
      if (head.kind === "answer") {
        const { xid, op, err } = head;
        const reply = failure(xid, this.#replica.lastApplied, err, op);
        // ReadOnlyRequestProcessor answers by itself.
        if (err === ErrorCode.NOTREADONLY) this.#connections.send(connection, reply, out);
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

  /** Its session is at another peer. In Apache too nothing is answered, the connection ends (FinalRequestProcessor). */
  #movedAway(connection: Connection, out: Effect[]): void {
    this.#connections.close(connection, "its session has moved", out);
  }

  /** A local session, at its client's wish. */
  #closed(connection: Connection, out: Effect[]): void {
    reportSession(connection.session, "closed", out);
    this.#connections.close(connection, "the client closed its session", out);
  }

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
