import {
  counterOf,
  epochOf,
  formatZxid,
  type SessionId,
  type Sid,
  type Zxid,
} from "../core/base/ids.ts";
import { type Member, memberOf } from "../core/quorum/config.ts";
import type { ConnectionFigures, PeerFigures } from "../core/server/figures.ts";
import { lastOperation, notServing } from "../core/server/four-letter-words.ts";
import { average, javaDouble } from "../core/server/java-format.ts";
import { monitorFigures } from "../core/server/monitor.ts";
import type { Peer } from "../core/server/peer.ts";
import { resetFigures } from "../core/server/words.ts";
import { digestVersion } from "../core/txn/codec.ts";
import type { JavaDouble, Json } from "./json.ts";

/** The peer that is asked, and what it tells of itself. */
export interface Subject {
  readonly peer: Peer;
  readonly figures: PeerFigures;
}

type Fields = Readonly<Record<string, Json>>;

interface Command {
  /** The primary name first. */
  readonly names: readonly string[];
  readonly answer: (subject: Subject, query: URLSearchParams) => Fields;
  /** Also of a peer that serves nobody. */
  readonly always?: boolean;
}

/** The commands of Apache's AdminServer that a peer here can answer; a new one is a row here. */
const commands: readonly Command[] = [
  { names: ["configuration", "conf", "config"], answer: configuration },
  { names: ["connection_stat_reset", "crst"], answer: ({ peer }) => reset(peer, "crst") },
  { names: ["connections", "cons"], answer: ({ figures }) => connections(figures, fullConnection) },
  {
    names: ["dirs"],
    answer: ({ figures: f }) => ({ datadir_size: f.dataDirSize, logdir_size: f.logDirSize }),
  },
  { names: ["dump"], answer: dump },
  {
    names: ["environment", "env", "envi"],
    answer: ({ figures }) => Object.fromEntries(figures.environment),
    always: true,
  },
  { names: ["get_trace_mask", "gtmk"], answer: () => ({ tracemask: 306 }), always: true },
  { names: ["hash"], answer: hash },
  {
    names: ["is_read_only", "isro"],
    answer: ({ figures }) => ({ read_only: figures.mode === "read-only" }),
  },
  { names: ["leader", "lead"], answer: leader },
  { names: ["monitor", "mntr"], answer: monitor },
  { names: ["ruok"], answer: () => ({}) },
  { names: ["server_stats", "srvr"], answer: serverStats },
  {
    names: ["set_trace_mask", "stmk"],
    answer: (_, query) => ({ tracemask: Number(query.get("traceMask") ?? 306) }),
    always: true,
  },
  { names: ["stat_reset", "srst"], answer: ({ peer }) => reset(peer, "srst") },
  {
    names: ["stats", "stat"],
    answer: (subject) => ({
      ...serverStats(subject),
      ...connections(subject.figures, briefConnection),
    }),
  },
  { names: ["voting_view"], answer: votingView },
  { names: ["watch_summary", "wchs"], answer: watchSummary },
  { names: ["watches", "wchc"], answer: watches },
  { names: ["watches_by_path", "wchp"], answer: watchesByPath },
  { names: ["zabstate"], answer: zabState },
];

export const commandNames: readonly string[] = commands.map(({ names: [name = ""] }) => name);

/** The fields of a command's answer, its name and its error among them, in Apache's order. */
export function answerCommand(
  name: string,
  subject: Subject,
  query: URLSearchParams,
): ReadonlyMap<string, Json> {
  const command = commands.find(({ names }) => names.includes(name));
  if (command === undefined) return failed(name, `Unknown command: ${name}`);
  const primary = command.names[0] ?? name;
  if (!command.always && !subject.figures.serving) return failed(primary, notServing);
  const fields = new Map<string, Json>(Object.entries(command.answer(subject, query)));
  fields.set("command", primary);
  if (!fields.has("error")) fields.set("error", null);
  return fields;
}

const failed = (command: string, error: string): ReadonlyMap<string, Json> =>
  new Map([
    ["command", command],
    ["error", error],
  ]);

function reset(peer: Peer, word: "crst" | "srst"): Fields {
  resetFigures(peer, word);
  return {};
}

function configuration({ figures: { conf } }: Subject): Fields {
  const { quorum } = conf;
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
    ...(quorum !== undefined && {
      init_limit: quorum.initLimit,
      sync_limit: quorum.syncLimit,
      election_alg: 3,
      election_port: quorum.electionPort,
      quorum_port: quorum.quorumPort,
      peer_type: quorum.observer ? 1 : 0,
    }),
  };
}

const connections = (
  figures: PeerFigures,
  show: (connection: ConnectionFigures) => Fields,
): Fields => ({
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

function dump({ figures }: Subject): Fields {
  const { expiries = new Map<number, readonly SessionId[]>(), tree, wallOffset } = figures;
  const sorted = [...expiries].sort(([left], [right]) => left - right);
  return {
    expiry_time_to_session_ids: new Map(sorted.map(([at, ids]) => [String(at + wallOffset), ids])),
    session_id_to_ephemeral_paths: new Map(
      [...tree.ephemerals].map(([session, paths]) => [String(session), [...paths]]),
    ),
  };
}

function hash({ figures }: Subject): Fields {
  const digests = figures.digests.map(({ zxid, digest }) => {
    return object({ zxid, digest, digest_version: digestVersion });
  });
  return { digests };
}

function leader({ peer }: Subject): Fields {
  if (peer.role === "standalone") return { error: "server is not initialized" };
  const member = peer.leader === undefined ? undefined : memberOf(peer.options.config, peer.leader);
  return {
    is_leader: peer.leader === peer.sid,
    leader_id: peer.leader ?? -1,
    leader_ip: member?.host ?? "",
  };
}

/** The state and the figures; a text that is a decimal is one of Java's doubles. */
function monitor({ figures }: Subject): Fields {
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

function serverStats({ figures }: Subject): Fields {
  const { latency, leader: led } = figures;
  const readOnly = figures.mode === "read-only";
  const stats = {
    packets_sent: figures.sent,
    packets_received: figures.received,
    fsync_threshold_exceed_count: 0,
    client_response_stats: noSizes,
    data_dir_size: figures.dataDirSize,
    log_dir_size: figures.logDirSize,
    last_processed_zxid: figures.lastZxid,
    server_state: figures.mode,
    outstanding_requests: figures.outstanding,
    avg_latency: double(average(latency.total, latency.count)),
    max_latency: latency.max,
    min_latency: latency.min,
    num_alive_client_connections: figures.connections.length,
    uptime: figures.uptime,
    auth_failed_count: figures.authFailed,
    non_mtlsremote_conn_count: 0,
    non_mtlslocal_conn_count: 0,
    provider_null: false,
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

function votingView({ peer, figures }: Subject): Fields {
  if (figures.conf.quorum === undefined) return { error: "server is not initialized" };
  const voters = peer.options.config.members.filter(({ role }) => role === "participant");
  return {
    current_config: new Map(
      voters.map((member) => [
        String(member.sid),
        object({
          server_addresses: [quorumAddress(member)],
          election_addresses: [electionAddress(member)],
          client_address: member.client ?? "",
          learner_type: "PARTICIPANT",
        }),
      ]),
    ),
  };
}

const quorumAddress = (member: Member): string => `${member.host}:${member.quorumPort}`;
const electionAddress = (member: Member): string => `${member.host}:${member.electionPort}`;

function watchSummary({
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

function watches({ figures }: Subject): Fields {
  const { data } = figures.watches;
  const watching = figures.connections.filter(({ id }) => data.pathsOf(id).length > 0);
  return {
    session_id_to_watched_paths: new Map(
      watching.map(({ id, session }) => [String(session), data.pathsOf(id)]),
    ),
  };
}

function watchesByPath({ figures }: Subject): Fields {
  const { data } = figures.watches;
  const sessions = new Map(figures.connections.map(({ id, session }) => [id, session]));
  return {
    path_to_session_ids: new Map(
      data.paths().map((path) => [path, data.watchersOf(path).map((id) => sessions.get(id) ?? 0n)]),
    ),
  };
}

function zabState({ peer, figures }: Subject): Fields {
  const own = memberOf(peer.options.config, peer.sid);
  if (peer.role === "standalone" || own === undefined) return { voting: false, zabstate: "" };
  const zxid: Zxid = figures.lastZxid;
  const sid: Sid = peer.sid;
  return {
    myid: sid,
    is_leader: peer.role === "leading",
    quorum_address: quorumAddress(own),
    election_address: electionAddress(own),
    client_address: own.client ?? "",
    voting: own.role === "participant",
    last_zxid: formatZxid(zxid),
    zab_epoch: epochOf(zxid),
    zab_counter: counterOf(zxid),
    zabstate: "broadcast",
  };
}

const object = (fields: Fields): ReadonlyMap<string, Json> => new Map(Object.entries(fields));
const double = (value: number): JavaDouble => ({ double: javaDouble(value) });
