import type { ConnectionId, SessionId } from "../base/ids.ts";
import { dialects, type Emulate } from "../protocol/dialect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { Acl, Id } from "../protocol/records.ts";
import type { ClientInfo, MultiResult, ReplyBody } from "../protocol/replies.ts";
import type {
  MultiRequest,
  NullablePathRequest,
  PathRequest,
  PathTypeRequest,
  PathWatchRequest,
  Request,
  SetWatchesRequest,
} from "../protocol/requests.ts";
import { type AclRules, checkAcl, Permission } from "../tree/acl.ts";
import { type DataTree, shownAcl } from "../tree/tree.ts";
import { AddWatchMode, type FiredWatch, WatcherType, type WatchTable } from "../tree/watches.ts";
import { statOf, type Znode } from "../tree/znode.ts";

/** Who reads, and from what. */
export interface ReadContext {
  readonly tree: DataTree;
  readonly watches: WatchTable;
  readonly connection: ConnectionId;
  readonly session: SessionId;
  readonly ids: readonly Id[];
  readonly emulate: Emulate;
  readonly aclRules?: AclRules;
}

export interface ReadResult {
  readonly err: ErrorCode;
  readonly body: ReplyBody | undefined;
}

/**
 * Answers a read from the applied tree (FinalRequestProcessor). Events that setWatches makes up for are appended to `fired`;
 * they go out before the reply, with zxid −1 and unfiltered. Never throws for what a client sent.
 */
export function read(context: ReadContext, request: Request, fired: FiredWatch[]): ReadResult {
  switch (request.type) {
    case OpCode.getData:
      return getData(context, request.body, request.body.watch);
    case OpCode.exists:
      return exists(context, request.body);
    case OpCode.getChildren:
      return getChildren(context, request.body, request.body.watch);
    case OpCode.getChildren2:
      return getChildren2(context, request.body);
    case OpCode.getAcl:
      return getAcl(context, request.body);
    case OpCode.getAllChildrenNumber:
      return getAllChildrenNumber(context, request.body);
    case OpCode.getEphemerals:
      return getEphemerals(context, request.body);
    case OpCode.multiRead:
      return multiRead(context, request.body);
    case OpCode.checkWatches:
      return findWatches(context, request.body, "check");
    case OpCode.removeWatches:
      return findWatches(context, request.body, "remove");
    case OpCode.addWatch:
      return addWatch(context, request.body);
    case OpCode.setWatches:
    case OpCode.setWatches2:
      return setWatches(context, request.body, fired);
    case OpCode.whoAmI:
      return answer({ clients: context.ids.map(clientInfo) });
    default:
      return failure(ErrorCode.UNIMPLEMENTED);
  }
}

const answer = (body: ReplyBody): ReadResult => ({ err: ErrorCode.OK, body });
const failure = (err: ErrorCode): ReadResult => ({ err, body: undefined });
const nothing: ReplyBody = Object.freeze({});

/** The node, if it is there and may be read. Paths are not validated: a malformed one is not there. */
function readable(context: ReadContext, path: string): Znode | ErrorCode {
  const node = context.tree.get(path);
  if (node === undefined) return ErrorCode.NONODE;
  return may(context, node, Permission.read) ? node : ErrorCode.NOAUTH;
}

const may = (context: ReadContext, node: Znode, permission: number): boolean =>
  checkAcl(node.acl, permission, context.ids, context.aclRules);

function getData(context: ReadContext, { path }: PathRequest, watch: boolean): ReadResult {
  const node = readable(context, path);
  if (typeof node === "number") return failure(node);
  if (watch) context.watches.addData(path, context.connection);
  return answer({ data: node.data, stat: statOf(node) });
}

/** The watch is set also for a node that is not there, but not by those who may not read it. */
function exists(context: ReadContext, { path, watch }: PathWatchRequest): ReadResult {
  if (path.includes("\0")) return failure(ErrorCode.BADARGUMENTS);
  const node = context.tree.get(path);
  if (node !== undefined && dialects[context.emulate].existsNeedsRead) {
    if (!may(context, node, Permission.read)) return failure(ErrorCode.NOAUTH);
  }
  if (watch) context.watches.addData(path, context.connection);
  return node === undefined ? failure(ErrorCode.NONODE) : answer({ stat: statOf(node) });
}

function getChildren(context: ReadContext, { path }: PathRequest, watch: boolean): ReadResult {
  const node = readable(context, path);
  if (typeof node === "number") return failure(node);
  if (watch) context.watches.addChild(path, context.connection);
  return answer({ children: context.tree.childNames(node) });
}

function getChildren2(context: ReadContext, { path, watch }: PathWatchRequest): ReadResult {
  const node = readable(context, path);
  if (typeof node === "number") return failure(node);
  if (watch) context.watches.addChild(path, context.connection);
  return answer({ children: context.tree.childNames(node), stat: statOf(node) });
}

function getAcl(context: ReadContext, { path }: PathRequest): ReadResult {
  const node = context.tree.get(path);
  if (node === undefined) return failure(ErrorCode.NONODE);
  if (!may(context, node, Permission.read | Permission.admin)) return failure(ErrorCode.NOAUTH);
  const acl = shownAcl(node);
  const shown = may(context, node, Permission.admin) ? acl : acl.map(masked);
  return answer({ acl: shown, stat: statOf(node) });
}

/** The hash of a password is for administrators. */
function masked(entry: Acl): Acl {
  const at = entry.scheme === "digest" ? entry.id.indexOf(":") : -1;
  return at < 0 ? entry : { ...entry, id: `${entry.id.slice(0, at)}:x` };
}

function getAllChildrenNumber(context: ReadContext, { path }: PathRequest): ReadResult {
  const node = readable(context, path);
  if (typeof node === "number") return failure(node);
  const root = path === "" ? 1 : 0; // by this name the root counts as below itself (DataTree.getAllChildrenNumber)
  return answer({ value: context.tree.descendantsOf(node) + root });
}

/** A plain prefix of the text, not of the path's components; blank and "/" mean all. */
function getEphemerals(context: ReadContext, request: NullablePathRequest): ReadResult {
  const paths = context.tree.ephemeralsOf(context.session);
  const prefix = request.path ?? "";
  const all = prefix.trim() === "" || prefix.trim() === "/";
  return answer({ children: all ? paths : paths.filter((path) => path.startsWith(prefix)) });
}

/** Each element stands alone, and sets no watch. */
function multiRead(context: ReadContext, { elements }: MultiRequest): ReadResult {
  const [first] = elements;
  if (first !== undefined && first.type !== OpCode.getData && first.type !== OpCode.getChildren) {
    // It fails late, when the list has been begun (FinalRequestProcessor).
    return { err: ErrorCode.MARSHALLINGERROR, body: { results: [] } };
  }
  const results = elements.map((element): MultiResult => {
    const { path } = element.body;
    const node = readable(context, path);
    if (typeof node === "number") return { type: OpCode.error, err: node };
    return element.type === OpCode.getData
      ? { type: OpCode.getData, data: node.data, stat: statOf(node) }
      : { type: OpCode.getChildren, children: context.tree.childNames(node) };
  });
  return answer({ results });
}

const watcherTypes: ReadonlyMap<number, WatcherType> = new Map(
  Object.values(WatcherType).map((type) => [type, type]),
);

function findWatches(
  context: ReadContext,
  request: PathTypeRequest,
  what: "check" | "remove",
): ReadResult {
  const { path } = request;
  const type = watcherTypes.get(request.type);
  const { watcherTypeMax, watchModesCoexist } = dialects[context.emulate];
  if (type === undefined || type > watcherTypeMax) return failure(ErrorCode.MARSHALLINGERROR);
  if (what === "check") {
    if (context.watches.checkStumbles(path, type)) return failure(ErrorCode.MARSHALLINGERROR);
    if (path === "" && !watchModesCoexist) return failure(ErrorCode.NOWATCHER); // from there 3.8 takes no step at all
  }
  const found = context.watches[what](path, type, context.connection);
  return found ? answer(nothing) : failure(ErrorCode.NOWATCHER);
}

/** Neither the path nor the permission to read it is checked. */
function addWatch(context: ReadContext, { path, type }: PathTypeRequest): ReadResult {
  if (type !== AddWatchMode.persistent && type !== AddWatchMode.recursive) {
    return failure(ErrorCode.MARSHALLINGERROR);
  }
  context.watches.addPersistent(path, context.connection, type);
  return answer({ value: 0 });
}

function setWatches(
  context: ReadContext,
  request: SetWatchesRequest,
  fired: FiredWatch[],
): ReadResult {
  context.watches.restore(context.tree, context.connection, request, fired);
  return answer(nothing);
}

/** Schemes whose ids name a user; those of others (super) show none (AuthUtil.getUser). */
const naming: ReadonlySet<string> = new Set(["ip", "x509", "sasl"]);

function clientInfo({ scheme, id }: Id): ClientInfo {
  if (scheme === "digest") return { scheme, user: id.split(":", 1)[0] ?? "" };
  return { scheme, user: naming.has(scheme) ? id : "" };
}
