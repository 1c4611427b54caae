import type { MultiOp, ZooKeeperClient } from "../client/index.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { MultiElement, MultiRequest } from "../core/protocol/requests.ts";
import { parentOf } from "../core/tree/path.ts";
import type { DataTree } from "../core/tree/tree.ts";
import type { LiteralNode } from "./tree-literal.ts";

/** Room for an op's own fields besides path and data. */
const opBytes = 64;
/** Four of them are one turn's work for three peers, some 10 ms. */
const opsMax = 250;

/** The ops that make `nodes` be there with their data, missing ancestors included. */
export function seedOps(tree: DataTree, nodes: readonly LiteralNode[]): MultiOp[] {
  const made = new Set<string>();
  const ops: MultiOp[] = [];
  const make = (path: string, data: string | Uint8Array | null): void => {
    const parent = parentOf(path);
    if (!exists(parent)) make(parent, "");
    made.add(path);
    ops.push({ op: "create", path, data });
  };
  const exists = (path: string): boolean => made.has(path) || tree.get(path) !== undefined;
  for (const { path, data } of nodes) {
    if (!exists(path)) make(path, data === undefined ? "" : data);
    else if (data !== undefined) ops.push({ op: "set", path, data });
  }
  return ops;
}

/** Multis that delete the nodes in order, each of which stays below the longest request. */
export function* deletions(paths: readonly string[], bytesMax: number): Generator<MultiRequest> {
  let elements: MultiElement[] = [];
  let bytes = 0;
  for (const path of paths) {
    const size = sizeOf({ op: "delete", path });
    if (elements.length === opsMax || (elements.length > 0 && bytes + size > bytesMax / 2)) {
      yield { elements };
      elements = [];
      bytes = 0;
    }
    elements.push({ type: OpCode.delete, body: { path, version: -1 } });
    bytes += size;
  }
  if (elements.length > 0) yield { elements };
}

/** So many multis are on their way at a time. */
const multisMax = 4;

/** Sends the ops in order, in multis that stay below the longest request. */
export function applyInBatches(
  client: ZooKeeperClient,
  ops: Iterable<MultiOp>,
  bytesMax: number,
): Promise<void> {
  return sendInOrder(batches(ops, bytesMax), (batch) => client.multi(batch));
}

/** Sends multis a few at a time; others have their turns between them. */
export async function sendInOrder<T>(
  multis: Iterable<T>,
  send: (multi: T) => Promise<unknown>,
): Promise<void> {
  const underWay: Promise<unknown>[] = [];
  try {
    for (const multi of multis) {
      if (underWay.length === multisMax) await underWay.shift();
      const sent = send(multi);
      sent.catch(() => {}); // told when its turn comes
      underWay.push(sent);
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay); // nothing changes behind the back of who hears of an error
  }
}

function* batches(ops: Iterable<MultiOp>, bytesMax: number): Generator<MultiOp[], void, void> {
  let batch: MultiOp[] = [];
  let bytes = 0;
  for (const op of ops) {
    const size = sizeOf(op);
    if (batch.length === opsMax || (batch.length > 0 && bytes + size > bytesMax / 2)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(op);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function sizeOf(op: MultiOp): number {
  const data = "data" in op ? op.data : undefined;
  // A character of text is at most three bytes.
  const dataBytes = typeof data === "string" ? data.length * 3 : (data?.byteLength ?? 0);
  return opBytes + op.path.length * 3 + dataBytes;
}
