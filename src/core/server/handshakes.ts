import type { SessionId, Sid } from "../base/ids.ts";
import { type ConnectRequest, refusal } from "../protocol/connect.ts";
import { passwordMatches, sessionPassword } from "../session/password.ts";
import { SessionIds } from "../session/session-ids.ts";
import type { Connection } from "./connection.ts";
import { type Connections, reportSession } from "./connections.ts";
import type { Effect } from "./effects.ts";
import type { Replica } from "./replica.ts";
import type { Role } from "./role.ts";

export interface HandshakeOptions {
  readonly sid: Sid;
  readonly minSessionTimeout: number;
  readonly maxSessionTimeout: number;
  /** The wall clock minus the driver's `now`, in milliseconds. */
  readonly wallOffset: number;
}

/**
 * How a connection comes by its session: a new one is made through the quorum, an old one must be alive and its password
 * right. Until that is decided the connection is `deciding`, and what its client pipes behind waits in its backlog.
 */
export class Handshakes {
  readonly #options: HandshakeOptions;
  readonly #replica: Replica;
  readonly #connections: Connections;
  #sessionIds: SessionIds | undefined;

  constructor(options: HandshakeOptions, replica: Replica, connections: Connections) {
    this.#options = options;
    this.#replica = replica;
    this.#connections = connections;
  }

  /** The order of checks is ZooKeeperServer.processConnectRequest's. */
  begin(
    now: number,
    connection: Connection,
    request: ConnectRequest,
    role: Role | undefined,
    out: Effect[],
  ): void {
    const connections = this.#connections;
    if (role === undefined || !role.serving) {
      return connections.close(connection, "not serving", out);
    }
    if (request.lastZxidSeen > this.#replica.lastApplied) {
      return connections.close(connection, "the client has seen a later zxid", out);
    }
    const { minSessionTimeout, maxSessionTimeout } = this.#options;
    connection.timeout = Math.min(Math.max(request.timeout, minSessionTimeout), maxSessionTimeout);
    connection.request = request;
    connection.phase = "deciding";
    if (request.session === 0n) {
      connections.claim(this.#nextSession(now), connection);
      return role.openSession(now, connection.session, connection.timeout);
    }
    // The older connection goes even if the password turns out wrong.
    const older = connections.ofSession(request.session);
    if (older !== undefined) connections.close(older, "its session reconnected", out);
    connections.claim(request.session, connection);
    if (!passwordMatches(request.session, request.password)) {
      return this.decide(connection, false, out);
    }
    const alive = role.revalidate(now, request.session, connection.timeout);
    if (alive !== undefined) this.decide(connection, alive, out);
  }

  decide(connection: Connection, alive: boolean, out: Effect[]): void {
    const readOnly = connection.request?.readOnly;
    const moved = connection.request?.session !== 0n;
    connection.request = undefined;
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
        readOnly: readOnly === undefined ? undefined : false,
      },
      out,
    );
    if (moved) reportSession(session, "moved", out);
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
