import { unreachable } from "../base/assert.ts";
import { noSession, type SessionId, type Zxid } from "../base/ids.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { Acl } from "../protocol/records.ts";
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
export function apply(
  tree: DataTree,
  txn: Txn,
  watches: WatchTable,
  fired: FiredWatch[],
  asked = true,
): TxnResult {
  const when: Applying = {
    asked,
    tree,
    watches,
    fired,
    session: txn.session,
    zxid: txn.zxid,
    time: txn.time,
  };
  const result = applyOne(when, txn);
  // Last of all: a snapshot named by it must hold the whole of a multi (ZOOKEEPER-3127).
  if (txn.zxid > tree.lastApplied) tree.lastApplied = txn.zxid;
  return result;
}

interface Applying {
  readonly asked: boolean;
  readonly tree: DataTree;
  readonly watches: WatchTable;
  readonly fired: FiredWatch[];
  readonly session: SessionId;
  readonly zxid: Zxid;
  readonly time: number;
}

const nothing: ReplyBody = Object.freeze({});

function applyOne(when: Applying, txn: SubTxn): TxnResult {
  const { type } = txn;
  switch (type) {
    case OpCode.create: {
      const owner = txn.body.ephemeral ? when.session : noSession;
      const created = create(when, txn.body, owner);
      return typeof created === "number"
        ? failed(created, type)
        : done(type, { path: txn.body.path });
    }
    case OpCode.create2:
      return withStat(type, when, txn.body, txn.body.ephemeral ? when.session : noSession);
    case OpCode.createContainer:
      return withStat(type, when, txn.body, containerOwner);
    case OpCode.createTtl:
      return withStat(type, when, txn.body, ttlOwnerOf(txn.body.ttl));
    case OpCode.delete:
    case OpCode.deleteContainer: {
      const err = remove(when, txn.body.path);
      return err === ErrorCode.OK ? done(type, nothing) : failed(err, type);
    }
    case OpCode.setData:
    case OpCode.reconfig:
      return setData(when, txn);
    case OpCode.setAcl: {
      const { path, acl, version } = txn.body;
      const node = when.tree.get(path);
      if (node === undefined) return failed(ErrorCode.NONODE, type);
      when.tree.setAcl(node, acl);
      node.aversion = version;
      when.tree.updateDigest(path, node);
      return done(type, { stat: statOf(node) });
    }
    case OpCode.check:
      return done(type, nothing);
    case OpCode.multi:
      return applyMulti(when, txn.body.txns);
    case OpCode.createSession:
      when.tree.openSession(when.session, txn.body.timeout);
      return { err: ErrorCode.OK, type, body: undefined };
    case OpCode.closeSession:
      closeSession(when, txn.body.paths);
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

interface Creation {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[];
  readonly parentCversion: number;
}

function withStat(type: number, when: Applying, creation: Creation, owner: SessionId): TxnResult {
  const created = create(when, creation, owner);
  return typeof created === "number"
    ? failed(created, type)
    : done(type, { path: creation.path, stat: statOf(created) });
}

function create(when: Applying, creation: Creation, owner: SessionId): Znode | ErrorCode {
  const { tree, zxid, time } = when;
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
  when.watches.created({ path, acl: node.acl, parentAcl: parent.acl }, when.fired);
  return node;
}

function remove(when: Applying, path: string): ErrorCode {
  const { tree, zxid } = when;
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
  for (const name of names) remove(when, childPath(path, name));
  tree.remove(path, node, parent);
  tree.quotas.deleted(path, node);
  when.watches.deleted({ path, acl: node.acl, parentAcl: parent.acl }, when.fired);
  return ErrorCode.OK;
}

function setData(
  when: Applying,
  txn: SubTxn & { type: typeof OpCode.setData | typeof OpCode.reconfig },
): TxnResult {
  const { path, data, version } = txn.body;
  const node = when.tree.get(path);
  if (node === undefined) return failed(ErrorCode.NONODE, txn.type);
  const bytesBefore = node.dataLength;
  when.tree.setData(path, node, data);
  when.tree.quotas.resized(path, (data?.length ?? 0) - bytesBefore);
  node.version = version;
  node.mzxid = when.zxid;
  node.mtime = when.time;
  when.tree.updateDigest(path, node);
  when.watches.dataChanged(path, node.acl, when.fired);
  if (!when.asked) return unasked;
  const stat = statOf(node);
  return done(txn.type, txn.type === OpCode.reconfig ? { data, stat } : { stat });
}

function closeSession(when: Applying, paths: readonly string[] | undefined): void {
  when.tree.dropSession(when.session);
  for (const path of paths ?? []) remove(when, path);
  for (const path of when.tree.ephemeralsOf(when.session)) remove(when, path);
}

/** All or nothing: when one element is an error, none is applied, and those before it answer 0, those behind it −2. */
function applyMulti(when: Applying, txns: readonly SubTxn[]): TxnResult {
  const failure = txns.find(isError);
  if (failure === undefined) {
    const results = txns.map((txn) => applyOne(when, txn));
    return when.asked ? done(OpCode.multi, { results: results.map(toMultiResult) }) : unasked;
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
