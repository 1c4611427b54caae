import type { ConnectionId, SessionId, Zxid } from "../base/ids.ts";
import type { ConnectResponse } from "../protocol/connect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { isWrite, OpCode } from "../protocol/op-codes.ts";
import type { Reply } from "../protocol/replies.ts";
import type { FiredWatch, WatchTable } from "../tree/watches.ts";
import type { Connection } from "./connection.ts";
import type { Effect, Report } from "./effects.ts";
import { Traffic } from "./traffic.ts";

/** Who is connected to a peer, by connection and by session, and all that is said to them: each word sent counts. */
export class Connections {
  /** Requests that may wait before no more are read (globalOutstandingLimit). */
  outstandingMax: number = Number.POSITIVE_INFINITY;
  readonly byId: Map<ConnectionId, Connection> = new Map();
  /** Since the peer started, for four-letter words. */
  readonly traffic: Traffic = new Traffic();
  readonly #bySession = new Map<SessionId, Connection>();
  /** The session asked for last, and what was found: writes of one come one after the other, and a look-up takes 100 ns. */
  #asked: SessionId | undefined;
  #found: Connection | undefined;
  readonly #watches: WatchTable;

  constructor(watches: WatchTable) {
    this.#watches = watches;
  }

  add(connection: Connection): void {
    this.byId.set(connection.id, connection);
  }

  get(id: ConnectionId): Connection | undefined {
    return this.byId.get(id);
  }

  ofSession(session: SessionId): Connection | undefined {
    if (session !== this.#asked) {
      this.#asked = session;
      this.#found = this.#bySession.get(session);
    }
    return this.#found;
  }

  /** A session has one connection: the last that claimed it. */
  claim(session: SessionId, connection: Connection): void {
    connection.session = session;
    this.#bySession.set(session, connection);
    this.#asked = undefined;
  }

  /** Requests of all that wait. */
  get waiting(): number {
    let count = 0;
    for (const { pending } of this.byId.values()) count += pending.length;
    return count;
  }

  /** Connections with requests under way are not read. */
  get isFull(): boolean {
    const { outstandingMax } = this;
    return outstandingMax < Number.POSITIVE_INFINITY && this.waiting > outstandingMax;
  }

  received(connection: Connection): void {
    connection.received += 1;
    this.traffic.received += 1;
  }

  accept(connection: Connection, response: ConnectResponse, out: Effect[]): void {
    this.#countSent(connection);
    out.push({ type: "accept", connection: connection.id, response });
  }

  /** The answer to a session that was made for a client: an update where it went through the quorum (ServerStats.updateLatency). */
  opened(
    now: number,
    connection: Connection,
    { at, zxid, isLocal }: { readonly at: number; readonly zxid: Zxid; readonly isLocal: boolean },
  ): void {
    this.traffic.answered(now - at, isLocal ? "read" : "update");
    connection.answered(now, at, { xid: 0, zxid, op: OpCode.createSession });
  }

  /** What was asked at `at` has come to its end (FinalRequestProcessor). */
  reply(
    now: number,
    connection: Connection,
    at: number,
    reply: Reply,
    out: Effect[],
    kind: "read" | "update" = "read",
  ): void {
    const { xid, zxid, err, type } = reply;
    this.traffic.answered(now - at, kind);
    const hasFailed = err !== ErrorCode.OK && isWrite(type);
    connection.answered(now, at, { xid, zxid, op: hasFailed ? 0 : type });
    this.send(connection, reply, out);
  }

  /** Alone it leaves last op, last xid and latencies as they are: for what is answered before FinalRequestProcessor. */
  send(connection: Connection, reply: Reply, out: Effect[]): void {
    this.#countSent(connection);
    out.push({ type: "reply", connection: connection.id, reply });
  }

  watchEvent(connection: Connection, watch: FiredWatch, zxid: Zxid, out: Effect[]): void {
    const event = { type: watch.type, state: 3, path: watch.path };
    this.#countSent(connection);
    out.push({ type: "watchEvent", connection: connection.id, zxid, event });
  }

  /** The peer's wish; the client's is `lost`. */
  close(connection: Connection, why: string, out: Effect[]): void {
    if (connection.phase === "closed") return;
    connection.phase = "closed";
    this.#forget(connection);
    out.push({ type: "close", connection: connection.id, why });
  }

  /** As `close`, of a session that lives on and is to find another connection. */
  sendAway(connection: Connection, why: string, out: Effect[]): void {
    if (connection.phase === "open") reportSession(connection.session, "disconnected", out);
    this.close(connection, why, out);
  }

  lost(connection: Connection, out: Effect[]): void {
    this.#forget(connection);
    if (connection.phase === "open") reportSession(connection.session, "disconnected", out);
    connection.phase = "closed";
  }

  #countSent(connection: Connection): void {
    connection.sent += 1;
    this.traffic.sent += 1;
  }

  #forget(connection: Connection): void {
    this.byId.delete(connection.id);
    this.#watches.removeConnection(connection.id);
    if (this.#bySession.get(connection.session) !== connection) return;
    this.#bySession.delete(connection.session);
    this.#asked = undefined;
    this.#found = undefined;
  }
}

export function reportSession(
  session: SessionId,
  change: (Report & { readonly type: "session" })["change"],
  out: Effect[],
): void {
  out.push({ type: "report", report: { type: "session", session, change } });
}
