import type { ConnectionId, SessionId, Sid, Zxid } from "../base/ids.ts";
import type { DataTree } from "../tree/tree.ts";
import type { WatchTable } from "../tree/watches.ts";

/** Milliseconds that requests took. */
export interface Latency {
  readonly min: number;
  readonly max: number;
  readonly total: number;
  readonly count: number;
}

/** What a peer counts besides its clients' traffic, since it started or since `srst`. */
export interface Counts {
  /** Elections it went into. */
  looking: number;
  /** As a leader. */
  proposals: number;
  commits: number;
  expired: number;
}

/** A tree's digest after a transaction. */
export interface ZxidDigest {
  readonly zxid: Zxid;
  readonly digest: number;
}

/** One client connection, as `cons` and `stat` show it. */
export interface ConnectionFigures {
  readonly id: ConnectionId;
  readonly address: string;
  readonly port: number;
  /** 0 while it has none. */
  readonly session: SessionId;
  readonly timeout: number;
  /** Reads (1) and, with output waiting, writes (4). */
  readonly interest: number;
  readonly queued: number;
  readonly received: number;
  readonly sent: number;
  /** Number of the last operation; undefined: none. */
  readonly lastOp: number | undefined;
  /** Negative: none. */
  readonly lastXid: number;
  readonly lastZxid: Zxid;
  /** Wall clock, milliseconds. */
  readonly establishedAt: number;
  /** As `now` counts. */
  readonly lastResponseAt: number;
  readonly lastLatency: number;
  readonly latency: Latency;
}

/** The settings that `conf` prints. */
export interface ConfFigures {
  readonly clientPort: number;
  /** −1: none. */
  readonly secureClientPort: number;
  readonly dataDir: string;
  readonly dataLogDir: string;
  readonly tickTime: number;
  readonly maxClientCnxns: number;
  readonly minSessionTimeout: number;
  readonly maxSessionTimeout: number;
  readonly serverId: Sid;
  /** undefined on a standalone peer. */
  readonly quorum:
    | {
        /** Voters. */
        readonly size: number;
        readonly initLimit: number;
        readonly syncLimit: number;
        readonly electionPort: number;
        readonly quorumPort: number;
        readonly observer: boolean;
        /** The configuration's text; undefined where a read-only peer leaves it out. */
        readonly membership: string | undefined;
      }
    | undefined;
}

/** What a leader knows of its learners, and of the sizes of its proposals (−1: none yet). */
export interface LeaderFigures {
  readonly learners: number;
  readonly syncedFollowers: number;
  readonly syncedObservers: number;
  readonly pendingSyncs: number;
  readonly uptime: number;
  readonly proposalSize: { readonly last: number; readonly min: number; readonly max: number };
}

/** All that four-letter words tell of a peer. */
export interface PeerFigures {
  /** `3.9.5-HASH, built on DATE`. */
  readonly version: string;
  /** Clients are served; otherwise most words answer that they are not. */
  readonly serving: boolean;
  readonly mode: "standalone" | "leader" | "follower" | "observer" | "read-only";
  /** `leading - broadcast`; undefined on a standalone peer. */
  readonly peerState: string | undefined;
  readonly tree: DataTree;
  readonly watches: WatchTable;
  readonly lastZxid: Zxid;
  readonly latency: Latency;
  readonly reads: Latency;
  readonly updates: Latency;
  readonly received: number;
  readonly sent: number;
  readonly handshakes: number;
  /** Connections whose TLS came to nothing. */
  readonly authFailed: number;
  /** Connections above a limit and handshakes that came too soon; requests that waited for too long. */
  readonly rejected: number;
  readonly throttled: number;
  readonly dropProbability: number;
  readonly counts: Readonly<Counts>;
  readonly digestMismatches: number;
  readonly digests: readonly ZxidDigest[];
  readonly outstanding: number;
  /** Milliseconds. */
  readonly uptime: number;
  readonly connections: readonly ConnectionFigures[];
  readonly leader: LeaderFigures | undefined;
  /** Sessions by the moment they expire, as `now` counts; undefined where the leader alone knows. */
  readonly expiries: ReadonlyMap<number, readonly SessionId[]> | undefined;
  /** Likewise, of sessions that this peer alone knows; undefined where there cannot be any. */
  readonly localSessions?: ReadonlyMap<number, readonly SessionId[]> | undefined;
  /** What `now` and this make is the wall clock. */
  readonly wallOffset: number;
  readonly conf: ConfFigures;
  /** Bytes on disk. */
  readonly dataDirSize: number;
  readonly logDirSize: number;
  /** The lines of `envi`, in order. */
  readonly environment: readonly (readonly [key: string, value: string])[];
  /** In whole ones of these silent connections are closed. */
  readonly muteIntervalMs: number;
}
