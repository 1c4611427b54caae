// What the AdminServer tells of the server itself: settings, environment, figures.
import { average, javaDouble } from "../core/server/java-format.ts";
import { monitorFigures } from "../core/server/monitor.ts";
import { digestVersion } from "../core/txn/codec.ts";
import type { JavaDouble, Json } from "./json.ts";
import { type Fields, object, type Subject } from "./subject.ts";

export function configuration({ figures: { conf } }: Subject): Fields {
  return {
    client_port: conf.clientPort,
    data_dir: conf.dataDir,
    data_log_dir: conf.dataLogDir,
    tick_time: conf.tickTime,
    max_client_cnxns: conf.maxClientCnxns,
    min_session_timeout: conf.minSessionTimeout,
    max_session_timeout: conf.maxSessionTimeout,
    server_id: conf.serverId,
    client_port_listen_backlog: -1,
  };
}

export function hash({ figures }: Subject): Fields {
  const digests = figures.digests.map(({ zxid, digest }) => {
    return object({ zxid, digest, digest_version: digestVersion });
  });
  return { digests };
}

/** The state and the figures; a text that is a decimal is one of Java's doubles. */
export function monitor({ figures }: Subject): Fields {
  const entries = monitorFigures(figures).map(([key, value]): [string, Json] => [
    key,
    typeof value === "string" && /^\d+\.\d+(?:E-?\d+)?$/.test(value) ? { double: value } : value,
  ]);
  return Object.fromEntries(entries);
}

/** Sizes of replies are not measured; −1 is what Apache says before the first one. */
const noSizes: Json = new Map([
  ["last_buffer_size", -1],
  ["min_buffer_size", -1],
  ["max_buffer_size", -1],
]);

export function serverStats({ figures }: Subject): Fields {
  const { latency, leader: led } = figures;
  const readOnly = figures.mode === "read-only";
  const stats = {
    packets_sent: figures.sent,
    packets_received: figures.received,
    fsync_threshold_exceed_count: 0,
    client_response_stats: noSizes,
    data_dir_size: figures.dataDirSize,
    log_dir_size: figures.logDirSize,
    provider_null: false,
    server_state: figures.mode,
    last_processed_zxid: figures.lastZxid,
    outstanding_requests: figures.outstanding,
    avg_latency: double(average(latency.total, latency.count)),
    max_latency: latency.max,
    min_latency: latency.min,
    num_alive_client_connections: figures.connections.length,
    uptime: figures.uptime,
    auth_failed_count: figures.authFailed,
    non_mtlsremote_conn_count: 0,
    non_mtlslocal_conn_count: 0,
  };
  return {
    version: figures.version,
    read_only: readOnly,
    server_stats: object(stats),
    client_response: noSizes,
    ...(led !== undefined && {
      proposal_stats: object({
        last_buffer_size: led.proposalSize.last,
        min_buffer_size: led.proposalSize.min,
        max_buffer_size: led.proposalSize.max,
      }),
    }),
    node_count: figures.tree.nodeCount,
  };
}

/** There is no snapshot to tell of: Java's answers where it has none. */
export const lastSnapshot = (): Fields => ({ zxid: "ffffffffffffffff", timestamp: -1 });

/** Of Java's properties, those that have their like here. */
export const systemProperties = ({ figures: { environment } }: Subject): Fields =>
  Object.fromEntries(
    environment
      .filter(([name]) => /^(?:java|os|user)\.(?!memory)/.test(name))
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  );

const longMax = 2n ** 63n - 1n;

/** Takes what Java's Long.parseLong takes. There is no such log here: nothing comes of it. */
export function setTraceMask(_: Subject, query: URLSearchParams): Fields {
  const needs = "setTraceMask requires long traceMask argument";
  const text = query.get("traceMask");
  if (text === null) return { error: needs };
  const mask = /^[+-]?\d+$/.test(text) ? BigInt(text.replace("+", "")) : undefined;
  if (mask === undefined || mask > longMax || mask < -longMax - 1n) {
    return { error: `${needs}, got ${text}` };
  }
  return { tracemask: mask };
}

const double = (value: number): JavaDouble => ({ double: javaDouble(value) });
