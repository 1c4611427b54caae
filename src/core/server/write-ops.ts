import { noSession, type SessionId, type Zxid } from "../base/ids.ts";
import type { Dialect } from "../protocol/dialect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { Acl, Id, RawAcl } from "../protocol/records.ts";
import type {
  CreateRequest,
  CreateSessionRequest,
  CreateTtlRequest,
  MultiElement,
  PathRequest,
  PathVersionRequest,
  Request,
  SetAclRequest,
  SetDataRequest,
} from "../protocol/requests.ts";
import type { LocalSessions } from "../session/local-sessions.ts";
import type { SessionTracker } from "../session/tracker.ts";
import { checkAcl, defaultAclSchemes, fixAcl, Permission } from "../tree/acl.ts";
import { isSystemPath, parentOf, validatePath } from "../tree/path.ts";
import type { Quotas } from "../tree/quotas.ts";
import { containerOwner, type NodeState, ownerKind, ttlMax, ttlOwnerOf } from "../tree/znode.ts";
import type { SubTxn } from "../txn/txn.ts";
import type { PendingChanges } from "./pending.ts";
import type { PrepareOptions } from "./prepare.ts";
import type { Reconfigurable } from "./reconfig-op.ts";

// What each write checks, in Apache's order of precedence (PrepRequestProcessor.pRequest2Txn), and what it becomes. A new write
// is a function here and a row in `prepare.ts`.

/** One request under preparation: who asks, for when, and what it is judged against. */
export interface Preparation {
  readonly quotas: Quotas;
  readonly pending: PendingChanges;
  readonly sessions: SessionTracker;
  /** undefined: all sessions are the quorum's. */
  readonly local: LocalSessions | undefined;
  readonly config: PrepareOptions;
  readonly dialect: Dialect;
  readonly ensemble: Reconfigurable | undefined;
  readonly session: SessionId;
  /** The link or the place that the request came from; undefined: the server's own. */
  readonly owner: number | undefined;
  readonly ids: readonly Id[];
  readonly zxid: Zxid;
  /** Wall clock, milliseconds. */
  readonly time: number;
  readonly now: number;
}

/** The decided transaction, or the error. */
export type Decision = SubTxn | ErrorCode;

/** What a create's flags ask for (CreateMode). */
interface CreateMode {
  readonly sequential: boolean;
  readonly ephemeral: boolean;
  readonly ttl: boolean;
}
const mode = (is: Partial<CreateMode>): CreateMode => ({
  sequential: false,
  ephemeral: false,
  ttl: false,
  ...is,
});
export const containerFlag = 4;
const createModes: readonly CreateMode[] = [
  mode({}),
  mode({ ephemeral: true }),
  mode({ sequential: true }),
  mode({ ephemeral: true, sequential: true }),
  mode({}), // a container
  mode({ ttl: true }),
  mode({ ttl: true, sequential: true }),
];

/** undefined: no such flags. */
export const createModeOf = (flags: number): CreateMode | undefined => createModes[flags];

export type CreateType =
  | typeof OpCode.create
  | typeof OpCode.create2
  | typeof OpCode.createContainer
  | typeof OpCode.createTtl;

/** What kind of node results is decided by the operation first, by the flags second. */
export function create(
  p: Preparation,
  type: CreateType,
  request: CreateRequest | CreateTtlRequest,
): Decision {
  const mode = createModeOf(request.flags);
  const ttl = type === OpCode.createTtl && "ttl" in request ? request.ttl : -1;
  const err =
    mode === undefined
      ? ErrorCode.BADARGUMENTS
      : checkMode(p, mode, type, ttl) || checkPath(request);
  if (err !== ErrorCode.OK || mode === undefined) return err;
  const acl = fixedAcl(p, request.acl);
  if (typeof acl === "number") return acl;
  const parentPath = parentOf(request.path);
  const parent = p.pending.get(parentPath);
  if (parent === undefined) return ErrorCode.NONODE;
  if (!may(p, parent, Permission.create)) return ErrorCode.NOAUTH;
  const path = mode.sequential ? request.path + sequenceSuffix(parent.cversion) : request.path;
  if (!validatePath(path)) return ErrorCode.BADARGUMENTS;
  if (p.pending.get(path) !== undefined) return ErrorCode.NODEEXISTS;
  if (ownerKind(parent.owner) === "session") return ErrorCode.NOCHILDRENFOREPHEMERALS;
  const exceeds = checkQuota(p, path, 1, request.data?.length ?? 0);
  if (exceeds !== ErrorCode.OK) return exceeds;
  const { data } = request;
  const parentCversion = (parent.cversion + 1) | 0;
  const owner = ownerOf(p, type, mode, ttl);
  p.pending.create(
    { path, parentPath, data, acl, owner, parentCversion, zxid: p.zxid, time: p.time },
    parent,
  );
  switch (type) {
    case OpCode.createContainer:
      return { type, body: { path, data, acl, parentCversion } };
    case OpCode.createTtl:
      return { type, body: { path, data, acl, parentCversion, ttl } };
    default:
      return { type, body: { path, data, acl, ephemeral: mode.ephemeral, parentCversion } };
  }
}

/** Asked of creates only; one of another kind with such flags fails anyway (QuorumZooKeeperServer.checkUpgradeSession). */
export function makesEphemeral(request: Request | MultiElement): boolean {
  switch (request.type) {
    case OpCode.create:
    case OpCode.create2:
      return createModeOf(request.body.flags)?.ephemeral ?? false;
    case OpCode.multi:
      return request.body.elements.some(makesEphemeral);
    default:
      return false;
  }
}

/** Ending in "/" and sequential makes a child named by the number alone; the number is a signed int (`%010d`). */
function sequenceSuffix(cversion: number): string {
  return cversion < 0
    ? `-${String(-cversion).padStart(9, "0")}`
    : String(cversion).padStart(10, "0");
}

function ownerOf(p: Preparation, type: CreateType, mode: CreateMode, ttl: number): SessionId {
  if (type === OpCode.createContainer) return containerOwner;
  if (type === OpCode.createTtl) return ttlOwnerOf(ttl);
  return mode.ephemeral ? p.session : noSession;
}

function checkMode(p: Preparation, mode: CreateMode, type: CreateType, ttl: number): ErrorCode {
  if (mode.ttl && !p.config.ttlNodes) return ErrorCode.UNIMPLEMENTED;
  // createTTL without a TTL flag and with a negative ttl passes in Apache, and then kills the server for good when it is applied.
  const fits = mode.ttl ? ttl > 0 && ttl <= ttlMax : ttl < 0 && type !== OpCode.createTtl;
  if (!fits) return ErrorCode.BADARGUMENTS;
  return mode.ephemeral ? checkGlobalSession(p) : checkSession(p);
}

/** All that is asked of a path before its parent is looked up. */
const checkPath = ({ path }: { readonly path: string }): ErrorCode =>
  path.includes("/") && !path.includes("\0") ? ErrorCode.OK : ErrorCode.BADARGUMENTS;

const checkRemovable = (request: PathRequest): ErrorCode =>
  isSystemPath(request.path) ? ErrorCode.BADARGUMENTS : checkPath(request);

/** No rule for paths but these: an illegal one simply is not there. */
export function remove(p: Preparation, request: PathVersionRequest): Decision {
  const { path } = request;
  const err = checkSession(p) || checkRemovable(request);
  if (err !== ErrorCode.OK) return err;
  const parent = p.pending.get(parentOf(path));
  if (parent === undefined) return ErrorCode.NONODE;
  if (!may(p, parent, Permission.delete)) return ErrorCode.NOAUTH;
  const node = p.pending.get(path);
  if (node === undefined) return ErrorCode.NONODE;
  if (!isVersion(request.version, node.version)) return ErrorCode.BADVERSION;
  if (node.childCount > 0) return ErrorCode.NOTEMPTY;
  p.pending.delete(path, p.zxid);
  return { type: OpCode.delete, body: { path } };
}

/**
 * The reaper's request. From a client Apache 3.9 takes it too, and deletes any node without asking for permissions; here it is
 * refused.
 */
export function removeContainer(p: Preparation, request: PathRequest): Decision {
  const { path } = request;
  if (p.session !== noSession) return p.dialect.deleteContainer;
  const err = checkRemovable(request);
  if (err !== ErrorCode.OK) return err;
  const node = p.pending.get(path);
  if (node === undefined) return ErrorCode.NONODE;
  if (node.childCount > 0) return ErrorCode.NOTEMPTY;
  if (ownerKind(node.owner) === "session") return ErrorCode.BADVERSION;
  p.pending.delete(path, p.zxid);
  return { type: OpCode.deleteContainer, body: { path } };
}

export function setData(p: Preparation, request: SetDataRequest): Decision {
  const { path } = request;
  const node = checkNode(p, path, Permission.write);
  if (typeof node === "number") return node;
  const bytes = (request.data?.length ?? 0) - node.dataLength;
  const exceeds = checkQuota(p, path, 0, bytes);
  if (exceeds !== ErrorCode.OK) return exceeds;
  if (!isVersion(request.version, node.version)) return ErrorCode.BADVERSION;
  const { data } = request;
  const version = (node.version + 1) | 0;
  p.pending.setData(path, node, data, { version, zxid: p.zxid, time: p.time });
  return { type: OpCode.setData, body: { path, data, version } };
}

export function setAcl(p: Preparation, request: SetAclRequest): Decision {
  const { path } = request;
  const err = checkSession(p) || checkValid(path);
  if (err !== ErrorCode.OK) return err;
  const acl = fixedAcl(p, request.acl); // before the node is looked up: INVALIDACL wins over NONODE
  if (typeof acl === "number") return acl;
  const node = permitted(p, path, Permission.admin);
  if (typeof node === "number") return node;
  if (!isVersion(request.version, node.aversion)) return ErrorCode.BADVERSION;
  const version = (node.aversion + 1) | 0;
  p.pending.setAcl(path, node, acl, { version, zxid: p.zxid, time: p.time });
  return { type: OpCode.setAcl, body: { path, acl, version } };
}

/** Only in a multi. The transaction holds the version plus 1, as if it were written. */
export function check(p: Preparation, request: PathVersionRequest): Decision {
  const { path } = request;
  const node = checkNode(p, path, Permission.read);
  if (typeof node === "number") return node;
  if (!isVersion(request.version, node.version)) return ErrorCode.BADVERSION;
  return { type: OpCode.check, body: { path, version: (node.version + 1) | 0 } };
}

export function createSession(p: Preparation, { timeout }: CreateSessionRequest): Decision {
  p.sessions.create(p.session, timeout, p.now);
  if (!p.sessions.setOwner(p.session, p.owner)) return ErrorCode.SESSIONEXPIRED;
  return { type: OpCode.createSession, body: { timeout } };
}

/**
 * The list is fixed here and holds creates still in flight; whatever the session asks for from now on has expired. Not checked
 * for its owner, since expiry asks for it too.
 */
export function closeSession(p: Preparation): Decision {
  const paths = p.pending.ephemeralsOf(p.session);
  for (const path of paths) p.pending.delete(path, p.zxid);
  p.sessions.markClosing(p.session);
  // A list too long for a packet is left out: each peer knows its session's ephemerals (ZOOKEEPER-4306).
  const bytes = paths.reduce((sum, path) => sum + 4 + path.length * 3, 64);
  const fits = bytes < p.config.juteMaxBuffer;
  return { type: OpCode.closeSession, body: { paths: fits ? paths : undefined } };
}

/** One that the quorum does not know may be local, here or where the request comes from. The server's own requests have none. */
export function checkSession(p: Preparation): ErrorCode {
  if (p.owner === undefined) return ErrorCode.OK;
  const { local, sessions, session } = p;
  const isLocal = local !== undefined && !sessions.has(session) && local.mayExist(session);
  return isLocal ? ErrorCode.OK : sessions.checkSession(session, p.owner);
}

/** Only a session that the quorum knows can own a node. */
function checkGlobalSession(p: Preparation): ErrorCode {
  const err = p.sessions.checkSession(p.session, p.owner);
  if (err === ErrorCode.OK || err === ErrorCode.SESSIONMOVED) return err;
  return p.local?.has(p.session) ? ErrorCode.EPHEMERALONLOCALSESSION : ErrorCode.SESSIONEXPIRED;
}

/** The node, if session, path, existence and permission are right. */
function checkNode(p: Preparation, path: string, permission: number): NodeState | ErrorCode {
  const err = checkSession(p) || checkValid(path);
  return err === ErrorCode.OK ? permitted(p, path, permission) : err;
}

const checkValid = (path: string): ErrorCode =>
  validatePath(path) ? ErrorCode.OK : ErrorCode.BADARGUMENTS;

function permitted(p: Preparation, path: string, permission: number): NodeState | ErrorCode {
  const node = p.pending.get(path);
  if (node === undefined) return ErrorCode.NONODE;
  return may(p, node, permission) ? node : ErrorCode.NOAUTH;
}

function checkQuota(p: Preparation, path: string, count: number, bytes: number): ErrorCode {
  const verdict = p.config.enforceQuota ? p.quotas.check(path, count, bytes) : "within";
  if (verdict === "unparsable") return ErrorCode.MARSHALLINGERROR;
  return verdict === "exceeded" ? ErrorCode.QUOTAEXCEEDED : ErrorCode.OK;
}

export const may = (p: Preparation, node: NodeState, permission: number): boolean =>
  checkAcl(node.acl, permission, p.ids, p.config);

const fixedAcl = (p: Preparation, raw: readonly RawAcl[] | null): readonly Acl[] | ErrorCode =>
  fixAcl(raw, p.ids, {
    schemes: p.config.aclSchemes ?? defaultAclSchemes,
    ipv6: p.dialect.ipv6Acl,
  });

/** −1 matches any. */
const isVersion = (expected: number, actual: number): boolean =>
  expected === -1 || expected === actual;
