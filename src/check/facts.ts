// What single answers say of the tree, without knowing the whole.
import type { Zxid } from "../core/base/ids.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { HistoryMultiOp } from "./history-events.ts";
import { type Operation, type Shown, type ShownStat, toBytes } from "./operation.ts";

/** A node as an answer shows it. */
export interface Sighting {
  readonly path: string;
  readonly stat: ShownStat;
  readonly data: Uint8Array | undefined;
  readonly by: Operation;
  /** The operation made it so. */
  readonly isWrite: boolean;
  /** It may go without anybody's deleting it: an ephemeral, a container, one with a time to live, or nobody knows. */
  readonly mayEnd: boolean;
}

/** What an operation did to a path, or would have done. */
export interface Deed {
  readonly path: string;
  readonly what: "create" | "delete";
  readonly by: Operation;
  readonly zxid: Zxid | undefined;
  /** Of a sequential create. */
  readonly number: number | undefined;
  readonly mayEnd: boolean;
}

const lasting: ReadonlySet<string> = new Set(["persistent", "persistentSequential"]);

/** A single write as a multi of one. */
function partsOf({
  call,
  shown,
}: Operation): readonly (readonly [HistoryMultiOp, Shown | undefined])[] {
  if (call.op === "multi") {
    return (call.ops ?? []).map((op, at) => [op, shown?.results?.[at]] as const);
  }
  const { op, path = "/" } = call;
  return op === "create" || op === "set" || op === "delete" ? [[{ ...call, op, path }, shown]] : [];
}

export function sightingsOf(operation: Operation, zxid: Zxid | undefined): Sighting[] {
  const { asked, shown, outcome } = operation;
  if (outcome !== "done" || asked === undefined || shown === undefined) return [];
  if (!operation.isWrite) {
    const { stat, data } = shown;
    if (stat === undefined || !("path" in asked.body)) return [];
    const owner = stat.ephemeralOwner;
    const path = asked.body.path ?? "/";
    const given =
      asked.type === OpCode.getData && data !== undefined ? (data ?? nothing) : undefined;
    return [{ path, stat, data: given, by: operation, isWrite: false, mayEnd: owner !== 0n }];
  }
  return partsOf(operation).flatMap(([op, result]) => {
    if (op.op !== "create" && op.op !== "set") return [];
    const fresh = op.op === "create" ? { czxid: zxid, version: 0 } : {};
    const known = zxid === undefined ? {} : definedOnly({ ...fresh, mzxid: zxid });
    const stat: ShownStat = { ...known, ...result?.stat };
    const data = op.data === undefined ? undefined : (toBytes(op.data) ?? nothing);
    const mayEnd = op.op === "set" || !lasting.has(op.mode ?? "persistent");
    return [{ path: result?.path ?? op.path, stat, data, by: operation, isWrite: true, mayEnd }];
  });
}

export function deedsOf(operation: Operation, zxid: Zxid | undefined): Deed[] {
  return partsOf(operation).flatMap(([op, result]): Deed[] => {
    const by = operation;
    if (op.op === "delete") {
      return [{ path: op.path, what: "delete", by, zxid, number: undefined, mayEnd: false }];
    }
    if (op.op !== "create") return [];
    const { mode = "persistent" } = op;
    const path = result?.path ?? op.path;
    const isNumbered = mode.includes("equential") && result?.path !== undefined;
    const number = isNumbered ? Number(path.slice(-10)) : undefined;
    return [{ path, what: "create", by, zxid, number, mayEnd: !lasting.has(mode) }];
  });
}

export function byPath<T extends { readonly path: string }>(facts: readonly T[]): Map<string, T[]> {
  const paths = new Map<string, T[]>();
  for (const fact of facts) {
    const list = paths.get(fact.path);
    if (list === undefined) paths.set(fact.path, [fact]);
    else list.push(fact);
  }
  return paths;
}

const nothing = new Uint8Array(0);

const definedOnly = (stat: {
  czxid?: Zxid | undefined;
  mzxid: Zxid;
  version?: number;
}): ShownStat => ({
  mzxid: stat.mzxid,
  ...(stat.czxid !== undefined && { czxid: stat.czxid }),
  ...(stat.version !== undefined && { version: stat.version }),
});
