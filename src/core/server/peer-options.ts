import type { EnsembleConfig } from "../quorum/config.ts";
import { Membership } from "../quorum/membership.ts";
import type { SyncLimits } from "../quorum/sync.ts";
import type { QuorumTiming } from "../quorum/timing.ts";
import type { ClientOptions } from "./clients.ts";
import type { PrepareOptions } from "./prepare.ts";
import type { ReapTiming } from "./reaper.ts";
import type { RequestThrottleOptions } from "./request-throttle.ts";
import type { About } from "./survey.ts";

export interface PeerOptions extends ClientOptions {
  /** What the peer is started with; a later configuration that its store holds takes its place. */
  readonly config: EnsembleConfig;
  /** standaloneEnabled; with false a single voter is a quorum of one, to which others can be added. Default true. */
  readonly standaloneEnabled?: boolean;
  readonly timing: QuorumTiming;
  readonly prepare: PrepareOptions;
  /** Default: Apache's. */
  readonly reaping?: ReapTiming;
  /** A peer that finds no leader serves clients that only read (readonlymode.enabled). */
  readonly readOnlyMode?: boolean;
  /** globalOutstandingLimit; default: none. */
  readonly globalOutstandingLimit?: number | undefined;
  /** Default: none. */
  readonly requestThrottle?: RequestThrottleOptions | undefined;
  /** The counter behind which an epoch's transactions begin (testingonly.initialZxid); default 0. */
  readonly initialCounter?: number | undefined;
  /** Of a leader; default: Apache's. */
  readonly syncLimits?: SyncLimits | undefined;
  /** Transactions between two snapshots, at least; a large tree is saved less often still. */
  readonly snapCount: number;
  /** How large the pieces of a snapshot are; default 64 KiB. */
  readonly snapshotPieceBytes?: number;
  readonly fourLetterWords: "*" | ReadonlySet<string>;
  readonly about: About;
}

/** Who belongs, as of the configuration that was saved last; undefined: none was. */
export function membershipOf(options: PeerOptions, saved: string | undefined): Membership {
  const reconfigEnabled = options.prepare.reconfigEnabled === true;
  return Membership.of(options.config, { reconfigEnabled, saved });
}

/** A single server is no quorum of one, unless standaloneEnabled is off (QuorumPeerConfig.isDistributed). */
export const standsAlone = (options: PeerOptions, { committed }: Membership): boolean =>
  options.standaloneEnabled !== false && committed.members.length === 1;
