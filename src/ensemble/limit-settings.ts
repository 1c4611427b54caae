import { defaultSyncLimits, type SyncLimits } from "../core/quorum/sync.ts";
import type {
  ConnectionThrottleOptions,
  ConnectionWeights,
} from "../core/server/connection-throttle.ts";
import type { RequestThrottleOptions } from "../core/server/request-throttle.ts";
import type { LargeRequestLimit } from "../runtime/large-requests.ts";
import type { Given } from "./given.ts";

/** Limits of what clients and learners may do, by Apache's keys; those of clients are off unless asked for. */
export interface LimitSettings {
  /** Requests under way at a peer; undefined: only those of each connection are limited. */
  readonly globalOutstandingLimit: number | undefined;
  readonly connectionThrottle: ConnectionThrottleOptions | undefined;
  readonly requestThrottle: RequestThrottleOptions | undefined;
  readonly largeRequests: LargeRequestLimit | undefined;
  readonly syncs: SyncLimits;
}

/** The keys, which `config` takes. */
export const limitKeys = [
  "globalOutstandingLimit",
  "connection_throttle_tokens",
  "connection_throttle_fill_time",
  "connection_throttle_fill_count",
  "connection_throttle_freeze_time",
  "connection_throttle_drop_increase",
  "connection_throttle_drop_decrease",
  "connection_throttle_decrease_ratio",
  "connection_throttle_weight_enabled",
  "connection_throttle_global_session_weight",
  "connection_throttle_local_session_weight",
  "connection_throttle_renew_session_weight",
  "request_throttle_max_requests",
  "request_throttle_stall_time",
  "request_throttle_drop_stale",
  "request_stale_connection_check",
  "request_stale_latency_check",
  "throttled_op_wait_time",
  "largeRequestThreshold",
  "largeRequestMaxBytes",
  "leader.maxConcurrentSnapSyncs",
  "leader.maxConcurrentDiffSyncs",
] as const;

export function limitsOf(config: Given): LimitSettings {
  const limit = "globalOutstandingLimit";
  return {
    globalOutstandingLimit:
      config.value(limit) === undefined ? undefined : config.whole(limit, 1000, { min: 0 }),
    connectionThrottle: connectionThrottleOf(config),
    requestThrottle: requestThrottleOf(config),
    largeRequests: largeRequestsOf(config),
    syncs: syncLimitsOf(config),
  };
}

/** With less than 1 a peer of Apache's can be elected and never leads (LearnerSyncThrottler). */
function syncLimitsOf(config: Given): SyncLimits {
  const { snapshots, diffs } = defaultSyncLimits;
  return {
    snapshots: config.whole("leader.maxConcurrentSnapSyncs", snapshots, { min: 1 }),
    diffs: config.whole("leader.maxConcurrentDiffSyncs", diffs, { min: 1 }),
  };
}

function connectionThrottleOf(config: Given): ConnectionThrottleOptions | undefined {
  const key = (name: string): string => `connection_throttle_${name}`;
  const chance = (name: string, fallback: number): number =>
    config.value(key(name)) === undefined ? fallback : config.chance(key(name));
  const throttle = {
    tokens: config.whole(key("tokens"), 0, { min: 0 }),
    fillTimeMs: config.whole(key("fill_time"), 1, { min: 1 }),
    fillCount: config.whole(key("fill_count"), 1, { min: 0 }),
    freezeTimeMs: config.whole(key("freeze_time"), -1, { min: -1 }),
    dropIncrease: chance("drop_increase", 0.02),
    dropDecrease: chance("drop_decrease", 0.002),
    decreaseRatio: chance("decrease_ratio", 0),
    weights: weightsOf(config),
  };
  return throttle.tokens === 0 ? undefined : throttle;
}

/** No kind is cheaper than a local session (BlueThrottle). */
function weightsOf(config: Given): ConnectionWeights | undefined {
  const key = (name: string): string => `connection_throttle_${name}_session_weight`;
  const local = config.whole(key("local"), 1, { min: 1 });
  const global = Math.max(local, config.whole(key("global"), 3, { min: 1 }));
  const renew = Math.max(local, config.whole(key("renew"), 2, { min: 1 }));
  const isOn = config.flag("connection_throttle_weight_enabled", false);
  return isOn ? { local, global, renew } : undefined;
}

function requestThrottleOf(config: Given): RequestThrottleOptions | undefined {
  const throttle = {
    requestsMax: config.whole("request_throttle_max_requests", 0, { min: 0 }),
    dropsStale: config.flag("request_throttle_drop_stale", true),
    checksLatency: config.flag("request_stale_latency_check", false),
    waitMsMax: config.whole("throttled_op_wait_time", 0, { min: 0 }),
  };
  return throttle.requestsMax === 0 ? undefined : throttle;
}

function largeRequestsOf(config: Given): LargeRequestLimit | undefined {
  const threshold = config.whole("largeRequestThreshold", -1, { min: -1 });
  const bytesMax = config.whole("largeRequestMaxBytes", 100 * 1024 * 1024, { min: 1 });
  return threshold <= 0 ? undefined : { threshold, bytesMax };
}
