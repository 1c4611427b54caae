// Between the protocol's records and a history's words.
import { formatSession, formatZxid } from "../core/base/ids.ts";
import { errorName } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import { type Stat, WatchEventType } from "../core/protocol/records.ts";
import type { MultiResult } from "../core/protocol/replies.ts";
import type {
  CreateRequest,
  MultiElement,
  Request,
  RequestType,
} from "../core/protocol/requests.ts";
import type {
  HistoryCall,
  HistoryMultiOp,
  HistoryReturn,
  HistoryStat,
  HistoryWatch,
} from "./history-events.ts";
import { fromBytes } from "./operation.ts";

type Question = Omit<HistoryCall, "type" | "client" | "id" | "session">;
type Shown = Pick<HistoryReturn, "path" | "data" | "stat" | "children" | "results">;

const modes = [
  "persistent",
  "ephemeral",
  "persistentSequential",
  "ephemeralSequential",
  "container",
  "persistentWithTtl",
  "persistentSequentialWithTtl",
] as const;

export const eventNames: ReadonlyMap<number, HistoryWatch["event"]> = new Map([
  [WatchEventType.created, "created"],
  [WatchEventType.deleted, "deleted"],
  [WatchEventType.dataChanged, "dataChanged"],
  [WatchEventType.childrenChanged, "childrenChanged"],
]);

/** What a request asks. */
export function questionOf(request: Request): Question {
  const { xid } = request;
  switch (request.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTtl:
      return { xid, op: "create", ...created(request.type, request.body) };
    case OpCode.setData: {
      const { path, data, version } = request.body;
      return { xid, op: "set", path, data: fromBytes(data), version };
    }
    case OpCode.delete:
      return { xid, op: "delete", ...request.body };
    case OpCode.getData:
      return { xid, op: "get", ...request.body };
    case OpCode.exists:
      return { xid, op: "exists", ...request.body };
    case OpCode.getChildren:
    case OpCode.getChildren2:
      return { xid, op: "children", ...request.body };
    case OpCode.getAcl:
      return { xid, op: "getAcl", path: request.body.path };
    case OpCode.setAcl:
      return { xid, op: "setAcl", path: request.body.path, version: request.body.version };
    case OpCode.sync:
      return { xid, op: "sync", path: request.body.path ?? "/" };
    case OpCode.multi:
      return { xid, op: "multi", ops: request.body.elements.flatMap((one) => multiOp(one) ?? []) };
    case OpCode.closeSession:
      return { xid, op: "close" };
    case OpCode.setWatches:
    case OpCode.setWatches2: {
      const { relativeZxid, data, exist, child } = request.body;
      return { op: "setWatches", since: formatZxid(relativeZxid), watches: { data, exist, child } };
    }
    case OpCode.addWatch: {
      const watch = request.body.type === 0 ? "persistent" : "persistentRecursive";
      return { xid, op: "addWatch", path: request.body.path, watch };
    }
    case OpCode.removeWatches:
      return { xid, op: "removeWatches", path: request.body.path };
    default:
      return { xid, op: "other" };
  }
}

function created(type: number, { path, data, flags }: CreateRequest): Omit<HistoryMultiOp, "op"> {
  const mode = type === OpCode.createContainer ? "container" : (modes[flags] ?? "persistent");
  return { path, data: fromBytes(data), mode };
}

function multiOp(element: MultiElement): HistoryMultiOp | undefined {
  switch (element.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTtl:
      return { op: "create", ...created(element.type, element.body) };
    case OpCode.setData: {
      const { path, data, version } = element.body;
      return { op: "set", path, data: fromBytes(data), version };
    }
    case OpCode.delete:
      return { op: "delete", ...element.body };
    case OpCode.check:
      return { op: "check", ...element.body };
    default:
      return undefined;
  }
}

/** What a reply shows; `body` is by its type. */
export function answerOf(type: RequestType, body: unknown): Shown {
  if (type === OpCode.multiRead || typeof body !== "object" || body === null) return {};
  const { path, data, stat, children, results } = body as {
    path?: string | null;
    data?: Uint8Array | null;
    stat?: Stat;
    children?: readonly string[];
    results?: readonly MultiResult[];
  };
  const isSync = type === OpCode.sync;
  return {
    ...(typeof path === "string" && !isSync && { path }),
    ...(data !== undefined && { data: fromBytes(data) }),
    ...(stat !== undefined && { stat: toHistoryStat(stat) }),
    ...(children !== undefined && { children: [...children] }),
    ...(results !== undefined && { results: results.map(resultOf) }),
  };
}

function resultOf(result: MultiResult): NonNullable<Shown["results"]>[number] {
  if (result.type === OpCode.error) return result.err === 0 ? {} : { error: errorName(result.err) };
  return {
    ...("path" in result && { path: result.path }),
    ...("stat" in result && { stat: toHistoryStat(result.stat) }),
  };
}

const toHistoryStat = (stat: Stat): HistoryStat => ({
  czxid: formatZxid(stat.czxid),
  mzxid: formatZxid(stat.mzxid),
  pzxid: formatZxid(stat.pzxid),
  version: stat.version,
  cversion: stat.cversion,
  aversion: stat.aversion,
  ephemeralOwner: formatSession(stat.ephemeralOwner),
  dataLength: stat.dataLength,
  numChildren: stat.numChildren,
});
