import { noSession, type Zxid, zxidOf, zxidZero } from "../core/base/ids.ts";
import { Decoder } from "../core/base/pieces.ts";
import { errorName } from "../core/protocol/error-codes.ts";
import { OpCode, opName } from "../core/protocol/op-codes.ts";
import type { StoredSnapshot } from "../core/storage/ports.ts";
import { apply } from "../core/tree/apply.ts";
import { SnapshotLoader } from "../core/tree/snapshot.ts";
import type { DataTree } from "../core/tree/tree.ts";
import { WatchTable } from "../core/tree/watches.ts";
import { ownerKind, type Znode } from "../core/tree/znode.ts";
import type { LogEntry } from "../core/txn/log-entry.ts";
import { isError, type SubTxn, type Txn } from "../core/txn/txn.ts";
import type {
  StoredNode,
  Transaction,
  TransactionLog,
  TransactionPart,
} from "./api-transactions.ts";
import type { Seat } from "./seat.ts";

/** What a peer's store says, as far as it is committed. */
interface Part {
  readonly snapshot: StoredSnapshot | undefined;
  readonly log: readonly LogEntry[];
}

/**
 * The committed log out of the stores of peers that serve: what a serving peer has applied is committed. The leader's, and before
 * its beginning another one's that reaches further back. undefined: it leads no more.
 */
export async function readTransactions(
  leader: Seat,
  others: readonly Seat[],
): Promise<TransactionLog | undefined> {
  const last = await partOf(leader);
  if (last === undefined) return undefined;
  const begins = ({ snapshot }: Part): Zxid => snapshot?.zxid ?? zxidZero;
  let first = last;
  for (const seat of begins(last) === zxidZero ? [] : others) {
    const part = await partOf(seat);
    if (part === undefined) continue;
    const end = part.log.at(-1)?.zxid ?? begins(part);
    if (begins(part) < begins(first) && end >= begins(last)) first = part;
  }
  const end = first.log.at(-1)?.zxid ?? zxidZero;
  const log = [...first.log, ...last.log.filter(({ zxid }) => zxid > end)];
  const { tree, from } = stateBefore(first.snapshot, log);
  return {
    from: BigInt(from),
    nodes: tree === undefined ? [] : Array.from(tree.nodes(), storedNode),
    sessions: [...(tree?.sessions.keys() ?? [])],
    transactions: log.filter(({ zxid }) => zxid > from).map(({ txn }) => toTransaction(txn)),
  };
}

/** undefined: the peer is down meanwhile. */
async function partOf(seat: Seat): Promise<Part | undefined> {
  const applied = seat.peer?.replica.lastTxn;
  if (applied === undefined) return undefined;
  const { snapshot, log } = await seat.storage.history();
  return { snapshot, log: log.filter(({ zxid }) => zxid <= applied) };
}

/** A snapshot may hold some of what was done while it was made: the state is exact when all of that has been run over it again. */
function stateBefore(
  snapshot: StoredSnapshot | undefined,
  log: readonly LogEntry[],
): { readonly tree: DataTree | undefined; readonly from: Zxid } {
  if (snapshot === undefined || snapshot.zxid === zxidZero)
    return { tree: undefined, from: zxidZero };
  const loader = new SnapshotLoader();
  for (const chunk of snapshot.chunks) loader.push(chunk);
  const tree = loader.finish();
  const exact = zxidOf(Math.max(snapshot.zxid, snapshot.end?.zxid ?? 0));
  const to = { tree, watches: new WatchTable(), fired: [] };
  for (const { zxid, txn } of log) {
    if (zxid > snapshot.zxid && zxid <= exact) apply(to, txn, false);
  }
  return { tree, from: exact };
}

function storedNode(node: Znode): StoredNode {
  const path = new Decoder();
  path.add(node.path);
  return {
    path: path.text(),
    data: copied(node.data),
    czxid: BigInt(node.czxid),
    mzxid: BigInt(node.mzxid),
    pzxid: BigInt(node.pzxid),
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: node.cversion,
    aversion: node.aversion,
    ephemeralOwner: ownerKind(node.owner) === "session" ? node.owner : noSession,
  };
}

function toTransaction(txn: Txn): Transaction {
  const { zxid, session, cxid, time } = txn;
  return { zxid: BigInt(zxid), session, cxid, time, ...toPart(txn) };
}

function toPart(txn: SubTxn): TransactionPart {
  const op = opName(txn.type);
  if (isError(txn)) return { op, error: errorName(txn.body.err) };
  switch (txn.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTtl: {
      const { path, data } = txn.body;
      const ephemeral = "ephemeral" in txn.body && txn.body.ephemeral;
      return { op, path, data: copied(data), ephemeral };
    }
    case OpCode.setData:
    case OpCode.reconfig: {
      const { path, data, version } = txn.body;
      return { op, path, data: copied(data), version };
    }
    case OpCode.delete:
    case OpCode.deleteContainer:
      return { op, path: txn.body.path };
    case OpCode.setAcl:
    case OpCode.check:
      return { op, path: txn.body.path, version: txn.body.version };
    case OpCode.closeSession:
      return { op, ...(txn.body.paths !== undefined && { paths: txn.body.paths }) };
    case OpCode.multi:
      return { op, parts: txn.body.txns.map(toPart) };
    default:
      return { op };
  }
}

/** The store's own memory is not for others to keep. */
const copied = (bytes: Uint8Array | null): Uint8Array | null => bytes && Uint8Array.from(bytes);
