// What the AdminServer tells of clients: their connections, sessions, ephemeral nodes and watches.
import type { SessionId } from "../core/base/ids.ts";
import type { ConnectionFigures, PeerFigures } from "../core/server/figures.ts";
import { lastOperation } from "../core/server/four-letter-words.ts";
import { type Fields, object, type Subject } from "./subject.ts";

export const connections = ({ figures }: Subject): Fields => list(figures, fullConnection);
export const briefConnections = ({ figures }: Subject): Fields => list(figures, briefConnection);

const list = (figures: PeerFigures, show: (connection: ConnectionFigures) => Fields): Fields => ({
  connections: figures.connections.map((connection) => object(show(connection))),
  secure_connections: [],
});

const briefConnection = (c: ConnectionFigures): Fields => ({
  remote_socket_address: `${c.address}:${c.port}`,
  interest_ops: c.interest,
  outstanding_requests: c.queued,
  packets_received: c.received,
  packets_sent: c.sent,
});

const fullConnection = (c: ConnectionFigures): Fields => ({
  ...briefConnection(c),
  session_id: c.session,
  last_operation: lastOperation(c.lastOp),
  established: c.establishedAt,
  session_timeout: c.timeout,
  last_cxid: c.lastXid,
  last_zxid: c.lastZxid,
  last_response_time: c.lastResponseAt,
  last_latency: c.lastLatency,
  min_latency: c.latency.min,
  avg_latency: c.latency.count === 0 ? 0 : Math.floor(c.latency.total / c.latency.count),
  max_latency: c.latency.max,
});

/** Moments of expiry are in the server's own time, as Apache's, which is not the wall clock's. */
export function dump({ figures }: Subject): Fields {
  const { expiries = new Map<number, readonly SessionId[]>(), tree } = figures;
  const sorted = [...expiries].sort(([left], [right]) => left - right);
  return {
    expiry_time_to_session_ids: new Map(sorted.map(([at, ids]) => [String(at), ids])),
    session_id_to_ephemeral_paths: new Map(
      [...tree.ephemerals].map(([session, paths]) => [String(session), [...paths]]),
    ),
  };
}

export function watchSummary({
  figures: {
    watches: { data },
  },
}: Subject): Fields {
  return {
    num_connections: data.connectionCount,
    num_paths: data.pathCount,
    num_total_watches: data.count,
  };
}

export function watches({ figures }: Subject): Fields {
  const { data } = figures.watches;
  const watching = figures.connections.filter(({ id }) => data.pathsOf(id).length > 0);
  return {
    session_id_to_watched_paths: new Map(
      watching.map(({ id, session }) => [String(session), data.pathsOf(id)]),
    ),
  };
}

export function watchesByPath({ figures }: Subject): Fields {
  const { data } = figures.watches;
  const sessions = new Map(figures.connections.map(({ id, session }) => [id, session]));
  return {
    path_to_session_ids: new Map(
      data.paths().map((path) => [path, data.watchersOf(path).map((id) => sessions.get(id) ?? 0n)]),
    ),
  };
}
