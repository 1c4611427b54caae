import { noSession } from "../base/ids.ts";
import { memberOf, votersOf } from "../quorum/config.ts";
import { Leader } from "../quorum/leader.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionFigures, LeaderFigures, PeerFigures } from "./figures.ts";
import type { Leading } from "./leading.ts";
import type { Peer } from "./peer.ts";

/** What a peer says of itself that is neither state nor protocol. */
export interface About {
  /** `3.9.5-HASH, built on DATE`. */
  readonly version: string;
  readonly clientPort: number;
  /** undefined: none. */
  readonly secureClientPort?: number | undefined;
  readonly dataDir: string;
  /** Default: `dataDir`. */
  readonly dataLogDir?: string | undefined;
  readonly maxClientCnxns: number;
  /** nio.sessionlessCnxnTimeout; default 10 000. */
  readonly muteIntervalMs?: number;
  /** The lines of `envi`, in order. */
  readonly environment: readonly (readonly [key: string, value: string])[];
}

/** All that four-letter words tell of a peer, gathered when one is asked. */
export function survey(peer: Peer, now: number, about: About): PeerFigures {
  const { clients, replica, leading, options } = peer;
  const { connections, traffic } = clients;
  const { timing } = options;
  const standalone = peer.role === "standalone";
  const isReadOnly = peer.role === "readonly";
  const own = memberOf(peer.membership.committed, peer.sid);
  return {
    version: about.version,
    serving: peer.serving || isReadOnly,
    mode: modeOf(peer),
    peerState:
      standalone || isReadOnly
        ? undefined
        : `${peer.role} - ${peer.serving ? "broadcast" : "election"}`,
    tree: replica.tree,
    watches: replica.watches,
    lastZxid: replica.lastApplied,
    latency: traffic.latency,
    reads: traffic.reads,
    updates: traffic.updates,
    received: traffic.received,
    sent: traffic.sent,
    handshakes: traffic.handshakes,
    authFailed: traffic.authFailed,
    rejected: traffic.rejected,
    throttled: traffic.throttled,
    dropProbability: traffic.dropProbability,
    counts: peer.counts,
    digestMismatches: replica.digestMismatches,
    digests: replica.digests,
    outstanding: leading?.quorum.outstanding ?? clients.waiting,
    uptime: now - peer.startedAt,
    connections: [...connections.values()].map((c) => connectionFigures(c, options.wallOffset)),
    leader: leading === undefined ? undefined : leaderFigures(leading, now),
    expiries: leading?.sessions.expiries(),
    localSessions: clients.local?.expiries(),
    wallOffset: options.wallOffset,
    conf: {
      clientPort: about.clientPort,
      secureClientPort: about.secureClientPort ?? -1,
      dataDir: about.dataDir,
      dataLogDir: about.dataLogDir ?? about.dataDir,
      tickTime: timing.tickTime,
      maxClientCnxns: about.maxClientCnxns,
      minSessionTimeout: options.minSessionTimeout,
      maxSessionTimeout: options.maxSessionTimeout,
      serverId: peer.sid,
      quorum: standalone
        ? undefined
        : {
            size: votersOf(peer.membership.committed).length,
            initLimit: timing.initLimit,
            syncLimit: timing.syncLimit,
            electionPort: own?.electionPort ?? 0,
            quorumPort: own?.quorumPort ?? 0,
            observer: own?.role === "observer",
            membership: isReadOnly ? undefined : peer.membership.text,
          },
    },
    dataDirSize: 0,
    logDirSize: 0,
    environment: about.environment,
    muteIntervalMs: about.muteIntervalMs ?? 10_000,
  };
}

function modeOf(peer: Peer): PeerFigures["mode"] {
  switch (peer.role) {
    case "leading":
      return "leader";
    case "observing":
      return "observer";
    case "standalone":
      return "standalone";
    case "readonly":
      return "read-only";
    default:
      return "follower";
  }
}

function connectionFigures(connection: Connection, wallOffset: number): ConnectionFigures {
  const open = connection.phase === "open";
  return {
    id: connection.id,
    address: connection.remote.address,
    port: connection.remote.port,
    session: open ? connection.session : noSession,
    timeout: connection.timeout,
    interest: connection.throttled || connection.isSpent ? 0 : 1,
    queued: connection.pending.length,
    received: connection.received,
    sent: connection.sent,
    lastOp: connection.lastOp === 0 ? undefined : connection.lastOp,
    lastXid: connection.lastXid,
    lastZxid: connection.lastZxid,
    establishedAt: connection.establishedAt + wallOffset,
    lastResponseAt: connection.lastResponseAt,
    lastLatency: connection.latency.last,
    latency: connection.latency,
  };
}

function leaderFigures(leading: Leading, now: number): LeaderFigures | undefined {
  const { quorum } = leading;
  if (!(quorum instanceof Leader)) return undefined;
  return {
    learners: quorum.learners.size,
    syncedFollowers: quorum.learners.synced("followers"),
    syncedObservers: quorum.learners.synced("observers"),
    pendingSyncs: quorum.pendingSyncs,
    uptime: now - leading.establishedAt,
    proposalSize: quorum.proposalSize,
  };
}
