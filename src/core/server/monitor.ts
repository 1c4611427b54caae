import type { Latency, PeerFigures } from "./figures.ts";
import { average, javaDouble } from "./java-format.ts";

export type MonitorFigure = readonly [key: string, value: string | number];

/**
 * What `mntr` tells, by Apache's names without their "zk_": the gauges, and those counters and summaries that are truly counted
 * here. Apache's others are about queues and threads that a peer does not have, or are not measured, and are left out.
 */
export function monitorFigures(figures: PeerFigures): MonitorFigure[] {
  const { tree, leader, latency, counts } = figures;
  const size = leader?.proposalSize;
  const all: (readonly [string, string | number | undefined])[] = [
    ["version", figures.version],
    ["server_state", figures.mode],
    ["peer_state", figures.peerState],
    ["avg_latency", averageOf(latency)],
    ["max_latency", latency.max],
    ["min_latency", latency.min],
    ["packets_received", figures.received],
    ["packets_sent", figures.sent],
    ["num_alive_connections", figures.connections.length],
    ["outstanding_requests", figures.outstanding],
    ["uptime", figures.uptime],
    ["znode_count", tree.nodeCount],
    ["watch_count", figures.watches.count],
    ["ephemerals_count", tree.ephemeralCount],
    ["approximate_data_size", tree.approximateSize],
    ["global_sessions", tree.sessions.size],
    ["local_sessions", localCountOf(figures)],
    ["connection_drop_probability", javaDouble(figures.dropProbability)],
    ["outstanding_tls_handshake", 0],
    ["auth_failed_count", figures.authFailed],
    ["non_mtls_remote_conn_count", 0],
    ["non_mtls_local_conn_count", 0],
    ["quorum_size", figures.mode === "read-only" ? undefined : figures.conf.quorum?.size],
    ["learners", leader?.learners],
    ["synced_followers", leader?.syncedFollowers],
    ["synced_non_voting_followers", leader === undefined ? undefined : 0],
    ["synced_observers", leader?.syncedObservers],
    ["pending_syncs", leader?.pendingSyncs],
    ["leader_uptime", leader?.uptime],
    ["last_proposal_size", size?.last],
    ["max_proposal_size", size?.max],
    ["min_proposal_size", size?.min],
    ["commit_count", counts.commits],
    ["connection_rejected", figures.rejected],
    ["connection_request_count", figures.handshakes],
    ["digest_mismatches_count", figures.digestMismatches],
    ["looking_count", counts.looking],
    ["proposal_count", counts.proposals],
    ["stale_sessions_expired", counts.expired],
    ["throttled_ops", figures.throttled],
    ...neverCounted.map((key) => [key, 0] as const),
    ...summary("readlatency", figures.reads),
    ...summary("updatelatency", figures.updates),
  ];
  return all.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]));
}

/** Counters of what is not here, and can only say so: Apache's own, where none of it is configured, say the same. */
const neverCounted = [
  "add_dead_watcher_stall_time",
  "dead_watchers_cleared",
  "dead_watchers_queued",
  "ensemble_auth_fail",
  "ensemble_auth_skip",
  "ensemble_auth_success",
  "insecure_admin_count",
  "quit_leading_due_to_disloyal_voter",
  "unrecoverable_error_count",
] as const;

const summary = (name: string, latency: Latency): readonly MonitorFigure[] => [
  [`avg_${name}`, averageOf(latency)],
  [`min_${name}`, latency.min],
  [`max_${name}`, latency.max],
  [`cnt_${name}`, latency.count],
  [`sum_${name}`, latency.total],
];

const localCountOf = ({ localSessions }: PeerFigures): number =>
  [...(localSessions?.values() ?? [])].reduce((sum, sessions) => sum + sessions.length, 0);

const averageOf = (latency: Latency): string => javaDouble(average(latency.total, latency.count));
