import { noSession, type SessionId, type Sid } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { type ConnectRequest, refusal } from "../protocol/connect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { LocalSessions } from "../session/local-sessions.ts";
import { passwordMatches, sessionPassword } from "../session/password.ts";
import { SessionIds } from "../session/session-ids.ts";
import { failure } from "./answers.ts";
import type { Connection } from "./connection.ts";
import { ConnectionThrottle, type ConnectionThrottleOptions } from "./connection-throttle.ts";
import { type Connections, reportSession } from "./connections.ts";
import type { Effect } from "./effects.ts";
import type { Replica } from "./replica.ts";
import type { Service } from "./role.ts";

export interface HandshakeOptions {
  readonly sid: Sid;
  readonly minSessionTimeout: number;
  readonly maxSessionTimeout: number;
  /** The wall clock minus the driver's `now`, in milliseconds. */
  readonly wallOffset: number;
  /** Default: none. */
  readonly connectionThrottle?: ConnectionThrottleOptions | undefined;
}

/**
 * How a connection comes by its session: a new one is made through the quorum, or is a local one; an old one must be alive and
 * its password right. Until that is decided the connection is `deciding`, and what its client pipes behind waits in its backlog.
 */
export class Handshakes {
  readonly #options: HandshakeOptions;
  readonly #replica: Replica;
  readonly #connections: Connections;
  readonly #local: LocalSessions | undefined;
  readonly #throttle: ConnectionThrottle | undefined;
  #sessionIds: SessionIds | undefined;

  constructor(
    options: HandshakeOptions,
    replica: Replica,
    connections: Connections,
    local: LocalSessions | undefined,
  ) {
    this.#options = options;
    this.#replica = replica;
    this.#connections = connections;
    this.#local = local;
    const { connectionThrottle: throttle, sid, wallOffset } = options;
    const seed = `connection throttle/${sid}/${wallOffset}`;
    this.#throttle = throttle && new ConnectionThrottle(throttle, new Prng(seed));
  }

  /** Before anything else is looked at; who comes too soon is closed without a word. */
  admits(now: number, connection: Connection, request: ConnectRequest, out: Effect[]): boolean {
    const fresh = this.#local === undefined ? "global" : "local";
    const kind = request.session === noSession ? fresh : "renew";
    if (this.#throttle === undefined) return true;
    const { traffic } = this.#connections;
    const isAdmitted = this.#throttle.admits(now, kind);
    traffic.dropProbability = this.#throttle.dropProbability;
    if (isAdmitted) return true;
    traffic.rejected += 1;
    this.#connections.close(connection, "too many connect at once", out);
    return false;
  }

  /** The order of checks is ZooKeeperServer.processConnectRequest's. */
  begin(
    now: number,
    connection: Connection,
    request: ConnectRequest,
    service: Service | undefined,
    out: Effect[],
  ): void {
    const connections = this.#connections;
    if (service === undefined || !service.serving) {
      return connections.close(connection, "not serving", out);
    }
    const isReadOnly = service.kind === "readonly";
    if (isReadOnly && request.readOnly !== true) {
      return connections.close(connection, "the client wants to write, the peer cannot", out);
    }
    if (request.lastZxidSeen > this.#replica.lastApplied) {
      return connections.close(connection, "the client has seen a later zxid", out);
    }
    const { minSessionTimeout, maxSessionTimeout } = this.#options;
    connection.timeout = Math.min(Math.max(request.timeout, minSessionTimeout), maxSessionTimeout);
    if (request.session === noSession) return this.#open(now, connection, request, service, out);
    if (isReadOnly && this.#replica.tree.sessions.has(request.session)) {
      return connections.close(connection, "a read-only peer cannot vouch for its session", out);
    }
    connection.handshake = { request, at: now };
    connection.phase = "deciding";
    // The older connection goes even if the password turns out wrong.
    const older = connections.ofSession(request.session);
    if (older !== undefined) connections.close(older, "its session reconnected", out);
    connections.claim(request.session, connection);
    if (!passwordMatches(request.session, request.password)) {
      return this.decide(now, connection, false, service, out);
    }
    const { session, timeout } = connection;
    const isLocal = this.#local?.touch(session, timeout, now) === true;
    const alive = isLocal || service.revalidate(now, session, timeout);
    if (alive !== undefined) this.decide(now, connection, alive, service, out);
  }

  #open(
    now: number,
    connection: Connection,
    request: ConnectRequest,
    service: Service,
    out: Effect[],
  ): void {
    const connections = this.#connections;
    if (service.kind === "readonly" && this.#local === undefined) {
      // Not a handshake's answer at all (ReadOnlyRequestProcessor), and the connection hears nothing more.
      const { lastApplied } = this.#replica;
      const reply = failure(0, lastApplied, ErrorCode.NOTREADONLY, OpCode.createSession);
      return connections.reply(now, connection, now, reply, out);
    }
    connection.handshake = { request, at: now };
    connection.phase = "deciding";
    connections.claim(this.#nextSession(now), connection);
    const { session, timeout } = connection;
    if (this.#local === undefined) return service.openSession(now, session, timeout);
    this.#local.open(session, timeout, now);
    reportSession(session, "created", out);
    this.decide(now, connection, true, service, out);
  }

  decide(
    now: number,
    connection: Connection,
    alive: boolean,
    service: Service,
    out: Effect[],
  ): void {
    const { request, at = now } = connection.handshake ?? {};
    const readOnly = request?.readOnly === undefined ? undefined : service.kind === "readonly";
    const moved = request?.session !== noSession;
    connection.handshake = undefined;
    if (!alive) {
      out.push({ type: "accept", connection: connection.id, response: refusal(readOnly) });
      const why = "its session is unknown or the password wrong";
      return this.#connections.close(connection, why, out);
    }
    connection.phase = "open";
    const { session, timeout } = connection;
    this.#connections.accept(
      connection,
      {
        protocolVersion: 0,
        timeout,
        session,
        password: sessionPassword(session),
        readOnly,
      },
      out,
    );
    if (moved) return reportSession(session, "moved", out);
    const isLocal = this.#local?.has(session) === true;
    this.#connections.opened(now, connection, { at, zxid: this.#replica.lastApplied, isLocal });
  }

  /** Ids start from the clock as Apache's do, above every id that this peer has seen made by itself (ruling 8). */
  #nextSession(now: number): SessionId {
    if (this.#sessionIds === undefined) {
      this.#sessionIds = new SessionIds(this.#options.sid, now + this.#options.wallOffset);
      for (const session of this.#replica.highestSession.values()) {
        this.#sessionIds.raiseAbove(session);
      }
    }
    return this.#sessionIds.next();
  }
}
