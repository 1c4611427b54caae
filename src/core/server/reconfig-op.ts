import { utf8Bytes } from "../base/utf8.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { ReconfigRequest } from "../protocol/requests.ts";
import { type EnsembleConfig, formatConfig, votersOf } from "../quorum/config.ts";
import type { Membership } from "../quorum/membership.ts";
import { nextConfig } from "../quorum/next-config.ts";
import { Permission } from "../tree/acl.ts";
import { configPath } from "../tree/path.ts";
import { checkSession, type Decision, may, type Preparation } from "./write-ops.ts";

/** What a reconfiguration is judged by: the leader's view of who belongs and who follows. */
export interface Reconfigurable {
  readonly membership: Membership;
  /** Whether a quorum of a configuration follows by now. */
  hasSynced(config: EnsembleConfig): boolean;
}

/** In Apache's order (PrepRequestProcessor); the configuration that results is versioned by its own zxid. */
export function reconfigure(p: Preparation, request: ReconfigRequest): Decision {
  const { reconfigEnabled = false, votersMin = 2 } = p.config;
  if (!reconfigEnabled) return ErrorCode.RECONFIGDISABLED;
  const err = checkSession(p);
  if (err !== ErrorCode.OK) return err;
  if (p.ensemble === undefined) return ErrorCode.UNIMPLEMENTED;
  const { committed, lastSeen } = p.ensemble.membership;
  if (lastSeen.version !== committed.version) return ErrorCode.RECONFIGINPROGRESS;
  const { configId } = request;
  if (configId !== -1 && configId !== lastSeen.version) return ErrorCode.BADVERSION;
  const next = nextConfig(request, lastSeen, {
    version: p.zxid,
    isStandaloneEnabled: votersMin > 1,
  });
  if (typeof next === "number") return next;
  if (votersOf(next).length < votersMin) return ErrorCode.BADARGUMENTS;
  if (!p.ensemble.hasSynced(next)) return ErrorCode.NEWCONFIGNOQUORUM;
  const node = p.pending.get(configPath);
  if (node === undefined) return ErrorCode.NONODE;
  if (!may(p, node, Permission.write)) return ErrorCode.NOAUTH;
  const data = utf8Bytes(formatConfig(next));
  p.pending.setData(configPath, node, data, { version: -1, zxid: p.zxid, time: p.time });
  return { type: OpCode.reconfig, body: { path: configPath, data, version: -1 } };
}
