import { unreachable } from "../base/assert.ts";
import { noSession, type SessionId, type Zxid } from "../base/ids.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { MultiResult, ReplyBody } from "../protocol/replies.ts";
import { isError, type SubTxn, type Txn } from "../txn/txn.ts";
import { childPath, parentOf } from "./path.ts";
import type { DataTree } from "./tree.ts";
import type { FiredWatch, WatchTable } from "./watches.ts";
import { containerOwner, statOf, ttlOwnerOf, type Znode } from "./znode.ts";

/** What a transaction did, as its reply needs it. */
export interface TxnResult {
  readonly err: number;
  /** The transaction's type, by which the body is written. */
  readonly type: number;
  /** Absent after an error, for createSession, whose answer is the handshake's, and where nobody asked. */
  readonly body: ReplyBody | undefined;
}

/**
 * The replicated function (DataTree.processTxn): changes the tree as the transaction says, checks nothing, appends the watch
 * events it fires. It must give the same state when run again over a tree that holds some of its effects, since snapshots are
 * taken while the tree changes: hence the rules for nodes that exist already or no longer.
 *
 * `asked`: somebody waits for the result. On most peers nobody does, and Stats made for nobody were a tenth of what a write
 * allocates.
 */
export function apply(to: Target, txn: Txn, asked = true): TxnResult {
  const result = applyOne(to, txn, txn, asked);
  // Last of all: a snapshot named by it must hold the whole of a multi (ZOOKEEPER-3127).
  if (txn.zxid > to.tree.lastApplied) to.tree.lastApplied = txn.zxid;
  return result;
}

/** What transactions change. */
export interface Target {
  readonly tree: DataTree;
  readonly watches: WatchTable;
  /** The watches that fired, in order. */
  readonly fired: FiredWatch[];
}

/** Who asked for a transaction, and when: the whole of it, also for an element of a multi. */
type When = Pick<Txn, "session" | "zxid" | "time">;

const nothing: ReplyBody = Object.freeze({});

function applyOne(to: Target, when: When, txn: SubTxn, asked: boolean): TxnResult {
  const { type } = txn;
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTtl: {
      const created = create(to, when, txn.body, ownerOf(txn, when.session));
      if (typeof created === "number") return failed(created, type);
      if (!asked) return unasked;
      const { path } = txn.body;
      return done(type, type === OpCode.create ? { path } : { path, stat: statOf(created) });
    }
    case OpCode.delete:
    case OpCode.deleteContainer: {
      const err = remove(to, when.zxid, txn.body.path);
      return err === ErrorCode.OK ? done(type, nothing) : failed(err, type);
    }
    case OpCode.setData:
    case OpCode.reconfig:
      return setData(to, when, txn, asked);
    case OpCode.setAcl: {
      const { path, acl, version } = txn.body;
      const node = to.tree.get(path);
      if (node === undefined) return failed(ErrorCode.NONODE, type);
      to.tree.setAcl(node, acl);
      node.aversion = version;
      to.tree.updateDigest(path, node);
      return asked ? done(type, { stat: statOf(node) }) : unasked;
    }
    case OpCode.check:
      return done(type, nothing);
    case OpCode.multi:
      return applyMulti(to, when, txn.body.txns, asked);
    case OpCode.createSession:
      to.tree.openSession(when.session, txn.body.timeout);
      return { err: ErrorCode.OK, type, body: undefined };
    case OpCode.closeSession:
      closeSession(to, when, txn.body.paths);
      return done(type, nothing);
    case OpCode.error:
      return failed(txn.body.err, type);
    default:
      return unreachable(txn);
  }
}

const done = (type: number, body: ReplyBody): TxnResult => ({ err: ErrorCode.OK, type, body });

const unasked: TxnResult = Object.freeze({ err: ErrorCode.OK, type: 0, body: undefined });

const failed = (err: number, type: number): TxnResult => ({ err, type, body: undefined });

type CreateSubTxn = SubTxn & {
  type:
    | typeof OpCode.create
    | typeof OpCode.create2
    | typeof OpCode.createContainer
    | typeof OpCode.createTtl;
};

function ownerOf(txn: CreateSubTxn, session: SessionId): SessionId {
  switch (txn.type) {
    case OpCode.createContainer:
      return containerOwner;
    case OpCode.createTtl:
      return ttlOwnerOf(txn.body.ttl);
    default:
      return txn.body.ephemeral ? session : noSession;
  }
}

function create(
  { tree, watches, fired }: Target,
  { zxid, time }: When,
  creation: CreateSubTxn["body"],
  owner: SessionId,
): Znode | ErrorCode {
  const { path, data, acl } = creation;
  const parent = tree.parentOf(path);
  if (parent === undefined) return ErrorCode.NONODE;
  const existing = tree.get(path);
  // The node came with a snapshot taken while it was created; a list it got then may be missing there (ZOOKEEPER-4846).
  if (existing !== undefined) tree.setAcl(existing, acl);
  const cversion =
    creation.parentCversion === -1 ? (parent.cversion + 1) | 0 : creation.parentCversion;
  // Never back: a replayed create may find a parent that later ones have raised already.
  const raises = cversion > parent.cversion;
  if (raises) {
    parent.cversion = cversion;
    parent.pzxid = zxid;
    tree.updateDigest(parentOf(path), parent);
  }
  if (existing !== undefined) return ErrorCode.NODEEXISTS;
  const node = tree.insert(path, { data, acl, owner, zxid, time }, parent);
  tree.quotas.created(path, node);
  watches.created({ path, acl: node.acl, parentAcl: parent.acl }, fired);
  return node;
}

function remove(to: Target, zxid: Zxid, path: string): ErrorCode {
  const { tree } = to;
  const parentPath = parentOf(path);
  const parent = tree.get(parentPath);
  if (parent === undefined) return ErrorCode.NONODE;
  if (zxid > parent.pzxid) {
    parent.pzxid = zxid;
    tree.updateDigest(parentPath, parent);
  }
  const node = tree.get(path);
  if (node === undefined) return ErrorCode.NONODE;
  // Children of one that is deleted were made later, in a snapshot taken meanwhile by Apache: their own creation follows.
  const names = node.childCount === 0 ? [] : tree.childNames(node);
  for (const name of names) remove(to, zxid, childPath(path, name));
  tree.remove(path, node, parent);
  tree.quotas.deleted(path, node);
  to.watches.deleted({ path, acl: node.acl, parentAcl: parent.acl }, to.fired);
  return ErrorCode.OK;
}

function setData(
  { tree, watches, fired }: Target,
  { zxid, time }: When,
  txn: SubTxn & { type: typeof OpCode.setData | typeof OpCode.reconfig },
  asked: boolean,
): TxnResult {
  const { path, data, version } = txn.body;
  const node = tree.get(path);
  if (node === undefined) return failed(ErrorCode.NONODE, txn.type);
  const bytesBefore = node.dataLength;
  tree.setData(path, node, data);
  tree.quotas.resized(path, (data?.length ?? 0) - bytesBefore);
  node.version = version;
  node.mzxid = zxid;
  node.mtime = time;
  tree.updateDigest(path, node);
  watches.dataChanged(path, node.acl, fired);
  if (!asked) return unasked;
  const stat = statOf(node);
  return done(txn.type, txn.type === OpCode.reconfig ? { data, stat } : { stat });
}

function closeSession(
  to: Target,
  { session, zxid }: When,
  paths: readonly string[] | undefined,
): void {
  to.tree.dropSession(session);
  for (const path of paths ?? []) remove(to, zxid, path);
  for (const path of to.tree.ephemeralsOf(session)) remove(to, zxid, path);
}

/** All or nothing: when one element is an error, none is applied, and those before it answer 0, those behind it −2. */
function applyMulti(to: Target, when: When, txns: readonly SubTxn[], asked: boolean): TxnResult {
  const failure = txns.find(isError);
  if (failure === undefined) {
    const results: MultiResult[] = [];
    for (const txn of txns) {
      const result = applyOne(to, when, txn, asked);
      if (asked) results.push(toMultiResult(result));
    }
    return asked ? done(OpCode.multi, { results }) : unasked;
  }
  // Not for the client: its connection is closed, as for any other request (FinalRequestProcessor).
  if (failure.body.err === ErrorCode.SESSIONMOVED) return failed(failure.body.err, OpCode.multi);
  const failedAt = txns.indexOf(failure);
  const results = txns.map((txn, i): MultiResult => {
    if (i < failedAt) return { type: OpCode.error, err: ErrorCode.OK };
    const err = isError(txn) ? txn.body.err : ErrorCode.RUNTIMEINCONSISTENCY;
    return { type: OpCode.error, err };
  });
  return done(OpCode.multi, { results });
}

function toMultiResult(result: TxnResult): MultiResult {
  const { err, type, body } = result;
  if (err !== ErrorCode.OK || body === undefined) return { type: OpCode.error, err };
  if ("path" in body && body.path !== null) {
    return "stat" in body
      ? { type: OpCode.create2, path: body.path, stat: body.stat }
      : { type: OpCode.create, path: body.path };
  }
  if ("stat" in body) return { type: OpCode.setData, stat: body.stat };
  return { type: type === OpCode.check ? OpCode.check : OpCode.delete };
}
