// The events of a history as operations: who asked what, from when to when, and what came of it.
import { flagsOf } from "../client/operations.ts";
import { type SessionId, sessionIdOf, type Zxid, zxidOf } from "../core/base/ids.ts";
import { ErrorCode, isDefinite } from "../core/protocol/error-codes.ts";
import { isWrite, OpCode } from "../core/protocol/op-codes.ts";
import type { MultiElement } from "../core/protocol/requests.ts";
import { badOption } from "../ensemble/given.ts";
import type {
  HistoryCall,
  HistoryData,
  HistoryEvent,
  HistoryMultiOp,
  HistoryReturn,
  HistoryStat,
  HistoryState,
  HistoryWatch,
  Id64,
} from "./history-events.ts";
import type { Asked } from "./model.ts";

/** What an answer shows; a field that a client does not show is not there. */
export interface Shown {
  readonly err: number;
  readonly path?: string;
  readonly data?: Uint8Array | null;
  readonly stat?: ShownStat;
  readonly children?: readonly string[];
  readonly results?: readonly Shown[];
}
export interface ShownStat {
  readonly czxid?: Zxid;
  readonly mzxid?: Zxid;
  readonly pzxid?: Zxid;
  readonly version?: number;
  readonly cversion?: number;
  readonly aversion?: number;
  readonly ephemeralOwner?: SessionId;
  readonly dataLength?: number;
  readonly numChildren?: number;
}

/** One call and what came of it. */
export interface Operation {
  readonly client: string;
  readonly session: SessionId | undefined;
  readonly call: HistoryCall;
  readonly returned: HistoryReturn | undefined;
  /** undefined: nothing that the model knows. */
  readonly asked: Asked | undefined;
  readonly isWrite: boolean;
  /** Places in the history, which is in the order of real time. */
  readonly calledAt: number;
  /** Infinity: never. */
  readonly returnedAt: number;
  /** "unknown": it may have been carried out or not. */
  readonly outcome: "done" | "refused" | "unknown";
  readonly shown: Shown | undefined;
  /** Of the reply. */
  readonly zxid: Zxid | undefined;
  /** The request's number. */
  readonly xid: number | undefined;
}

/** One client's part of a history, in its order. */
export type ClientItem =
  | { readonly type: "call"; readonly operation: Operation }
  | { readonly type: "return"; readonly operation: Operation }
  | { readonly type: "watch"; readonly watch: HistoryWatch; readonly zxid: Zxid | undefined }
  | { readonly type: "state"; readonly state: HistoryState };

export interface Reading {
  /** In the order of their calls. */
  readonly operations: readonly Operation[];
  readonly clients: ReadonlyMap<string, readonly ClientItem[]>;
  /** Sessions that were recorded from their beginning on, or not. */
  readonly joined: ReadonlySet<SessionId>;
}

/** Throws ZKMS_BAD_OPTIONS for what is no history. */
export function readEvents(events: readonly HistoryEvent[]): Reading {
  const returns = new Map<string, { event: HistoryReturn; at: number }>();
  const key = ({ client, id }: { client: string; id: number }): string => `${id} ${client}`;
  events.forEach((event, at) => {
    if (event.type === "return") returns.set(key(event), { event, at });
  });
  const clients = new Map<string, ClientItem[]>();
  /** Of each client, now; before its first connection that which it will have. */
  const sessions = new Map<string, SessionId>();
  for (const event of events) {
    const isFirst = event.type === "state" && !sessions.has(event.client);
    if (isFirst && event.session !== undefined)
      sessions.set(event.client, toSession(event.session));
  }
  const joined = new Set<SessionId>();
  const called = new Map<string, Operation>();
  events.forEach((event, at) => {
    const items = clients.get(event.client) ?? [];
    clients.set(event.client, items);
    switch (event.type) {
      case "call": {
        if (called.has(key(event))) throw badEvent(event, "is a second call of this id");
        const found = returns.get(key(event));
        const session = event.session ?? sessions.get(event.client);
        const operation = operationOf({
          call: event,
          returned: found !== undefined && found.at > at ? found : undefined,
          at,
          session: session === undefined ? undefined : toSession(session),
        });
        called.set(key(event), operation);
        items.push({ type: "call", operation });
        return;
      }
      case "return": {
        const operation = called.get(key(event));
        if (operation === undefined) throw badEvent(event, "answers no call before it");
        items.push({ type: "return", operation });
        return;
      }
      case "watch": {
        const { zxid } = event;
        items.push({ type: "watch", watch: event, zxid: positive(zxid) });
        return;
      }
      case "state":
        if (event.session !== undefined) {
          sessions.set(event.client, toSession(event.session));
          if (event.joined === true) joined.add(toSession(event.session));
        }
        items.push({ type: "state", state: event });
        return;
      default:
        throw badEvent(event, "is no event of a history");
    }
  });
  return { operations: [...called.values()], clients, joined };
}

function operationOf(given: {
  call: HistoryCall;
  returned: { event: HistoryReturn; at: number } | undefined;
  at: number;
  session: SessionId | undefined;
}): Operation {
  const { call, at, session } = given;
  const returned = given.returned?.event;
  const asked = askedBy(call);
  const zxid = positive(returned?.zxid);
  const err = toErrorCode(returned?.error);
  // Of a multi that failed each element says so, and the reply itself says nothing.
  const isFailed =
    err !== 0 || returned?.results?.some(({ error }) => error !== undefined) === true;
  const isKnown = returned !== undefined && (isDefinite(err) || zxid !== undefined);
  return {
    client: call.client,
    session,
    call,
    returned,
    asked,
    isWrite: asked !== undefined && isWrite(asked.type),
    calledAt: at,
    returnedAt: given.returned?.at ?? Number.POSITIVE_INFINITY,
    outcome: isKnown ? (isFailed ? "refused" : "done") : "unknown",
    shown: isKnown ? shownBy(returned, err) : undefined,
    zxid,
    xid: call.xid ?? returned?.xid,
  };
}

function askedBy(call: HistoryCall): Asked | undefined {
  const { op, version = -1 } = call;
  const path = call.path ?? "/";
  switch (op) {
    case "create":
    case "set":
    case "delete":
      return elementOf({ ...call, op, path });
    case "get":
      return { type: OpCode.getData, body: { path, watch: call.watch === true } };
    case "exists":
      return { type: OpCode.exists, body: { path, watch: call.watch === true } };
    case "children":
      return { type: OpCode.getChildren2, body: { path, watch: call.watch === true } };
    case "getAcl":
      return { type: OpCode.getAcl, body: { path } };
    case "setAcl":
      return { type: OpCode.setAcl, body: { path, acl: null, version } };
    case "sync":
      return { type: OpCode.sync, body: { path } };
    case "multi":
      return { type: OpCode.multi, body: { elements: (call.ops ?? []).map(elementOf) } };
    case "close":
      return { type: OpCode.closeSession, body: {} };
    case "setWatches":
    case "addWatch":
    case "removeWatches":
    case "other":
      return undefined;
    default:
      throw badEvent(call, `asks for ${JSON.stringify(op)}, which nobody knows`);
  }
}

function elementOf(op: HistoryMultiOp): MultiElement {
  const { path, version = -1, mode = "persistent" } = op;
  const data = toBytes(op.data ?? null);
  switch (op.op) {
    case "create":
      return { type: OpCode.create2, body: { path, data, acl: null, flags: flagsOf[mode] } };
    case "set":
      return { type: OpCode.setData, body: { path, data, version } };
    case "delete":
      return { type: OpCode.delete, body: { path, version } };
    case "check":
      return { type: OpCode.check, body: { path, version } };
    default:
      throw badOption("op", op, "is none of create, set, delete, check");
  }
}

function shownBy(answer: HistoryReturn, err: number): Shown {
  const { path, data, stat, children, results } = answer;
  return {
    err,
    ...(path !== undefined && { path }),
    ...(data !== undefined && { data: toBytes(data) }),
    ...(stat !== undefined && { stat: shownStat(stat) }),
    ...(children !== undefined && { children: [...children].sort() }),
    ...(results !== undefined && {
      results: results.map((result) => ({
        err: toErrorCode(result.error),
        ...(result.path !== undefined && { path: result.path }),
        ...(result.stat !== undefined && { stat: shownStat(result.stat) }),
      })),
    }),
  };
}

function shownStat(stat: HistoryStat): ShownStat {
  const { czxid, mzxid, pzxid, ephemeralOwner } = stat;
  const { version, cversion, aversion, dataLength, numChildren } = stat;
  return {
    ...(czxid !== undefined && { czxid: toZxid(czxid) }),
    ...(mzxid !== undefined && { mzxid: toZxid(mzxid) }),
    ...(pzxid !== undefined && { pzxid: toZxid(pzxid) }),
    ...(version !== undefined && { version }),
    ...(cversion !== undefined && { cversion }),
    ...(aversion !== undefined && { aversion }),
    ...(ephemeralOwner !== undefined && { ephemeralOwner: toSession(ephemeralOwner) }),
    ...(dataLength !== undefined && { dataLength }),
    ...(numChildren !== undefined && { numChildren }),
  };
}

// ------------------------------------------------------------------ values

const toZxid = (id: Id64): Zxid => zxidOf(Number(toBigint(id)));
export const toSession = (id: Id64): SessionId => sessionIdOf(toBigint(id));
/** Servers before 3.9 send −1 with an event, and 0 is nobody's. */
const positive = (id: Id64 | undefined): Zxid | undefined => {
  const zxid = id === undefined ? undefined : toZxid(id);
  return zxid === undefined || zxid <= 0 ? undefined : zxid;
};

function toBigint(id: Id64): bigint {
  if (typeof id === "bigint") return id;
  if (typeof id === "number" && Number.isSafeInteger(id)) return BigInt(id);
  if (typeof id === "string" && /^(0x[\da-f]+|-?\d+)$/i.test(id)) return BigInt(id);
  throw badOption("id", id, "is no 64-bit number", `hex text, "0x100000003"`);
}

export function toBytes(data: HistoryData): Uint8Array | null {
  if (data === null) return null;
  if (typeof data === "string") return new Uint8Array(Buffer.from(data));
  return new Uint8Array(Buffer.from(data.base64, "base64"));
}

/** Text where that says it all. */
export function fromBytes(bytes: Uint8Array | null): HistoryData {
  if (bytes === null) return null;
  const buffer = Buffer.from(bytes);
  const text = buffer.toString("utf8");
  return Buffer.from(text).equals(buffer) ? text : { base64: buffer.toString("base64") };
}

function toErrorCode(error: string | number | undefined): number {
  if (error === undefined || error === 0 || error === "OK") return 0;
  if (typeof error === "number") return error;
  const code = Object.entries(ErrorCode).find(([name]) => name === error)?.[1];
  if (code === undefined) throw badOption("error", error, "is no error of ZooKeeper's", "NONODE");
  return code;
}

const badEvent = (event: unknown, what: string): Error => badOption("event", event, what);
