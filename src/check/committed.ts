// The committed log as the judge needs it: transactions by zxid, each as the request that would have made it.
import {
  counterOf,
  type SessionId,
  sessionIdOf,
  type Zxid,
  zxidOf,
  zxidZero,
} from "../core/base/ids.ts";
import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { MultiElement } from "../core/protocol/requests.ts";
import type {
  StoredNode,
  Transaction,
  TransactionLog,
  TransactionPart,
} from "../ensemble/api-transactions.ts";
import { type Asked, Model } from "./model.ts";

/** One transaction. */
export interface Entry {
  readonly zxid: Zxid;
  readonly session: SessionId;
  readonly cxid: number;
  readonly time: number;
  readonly txn: Transaction;
  /** What it does, as a request without conditions; undefined: nothing that the model knows. */
  readonly asked: Asked | undefined;
  /** Why it does nothing, as the error that its request was answered; 0: it does something. */
  readonly err: number;
}

/** What the ensemble has committed. */
export class Committed {
  /** Oldest first. */
  readonly entries: readonly Entry[];
  /** Nothing is known of states before it. */
  readonly from: Zxid;
  readonly #log: TransactionLog;
  readonly #byZxid: ReadonlyMap<Zxid, Entry>;
  /** The zxids that there are, ascending. */
  readonly #zxids: readonly Zxid[];

  constructor(log: TransactionLog) {
    this.#log = log;
    this.from = zxidOf(Number(log.from));
    this.entries = log.transactions.map(entryOf);
    this.#byZxid = new Map(this.entries.map((entry) => [entry.zxid, entry]));
    this.#zxids = this.entries.map(({ zxid }) => zxid);
  }

  /** As it was at `from`. */
  model(): Model {
    const model = new Model();
    for (const node of this.#log.nodes) model.enter(node.path, modelNode(node));
    for (const session of this.#log.sessions) model.sessions.add(sessionIdOf(session));
    return model;
  }

  get last(): Zxid {
    return this.#zxids.at(-1) ?? this.from;
  }

  at(zxid: Zxid): Entry | undefined {
    return this.#byZxid.get(zxid);
  }

  /**
   * The last transaction of the state that a reply with this zxid shows. An epoch's own zxid, whose counter is 0, stands for all that
   * its leader started from; undefined: nobody committed that.
   */
  stateAt(zxid: Zxid): Zxid | undefined {
    if (zxid <= this.from || this.#byZxid.has(zxid)) return zxid;
    if (counterOf(zxid) !== 0) return undefined;
    let [low, high] = [0, this.#zxids.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#zxids[middle] ?? zxidZero) <= zxid) low = middle + 1;
      else high = middle;
    }
    return this.#zxids[low - 1] ?? this.from;
  }
}

function entryOf(txn: Transaction): Entry {
  const { cxid, time } = txn;
  return {
    zxid: zxidOf(Number(txn.zxid)),
    session: sessionIdOf(txn.session),
    cxid,
    time,
    txn,
    asked: askedBy(txn),
    err: errorIn(txn),
  };
}

/** Of a multi, that of the element that failed it. */
function errorIn({ error, parts }: TransactionPart): number {
  const name = error ?? parts?.find((part) => part.error !== undefined)?.error;
  if (name === undefined) return 0;
  const known: Readonly<Record<string, number>> = ErrorCode;
  return known[name] ?? Number(/-?\d+/.exec(name)?.[0] ?? ErrorCode.SYSTEMERROR);
}

function askedBy(part: TransactionPart): Asked | undefined {
  const { path = "/" } = part;
  if (part.op === "closeSession") return { type: OpCode.closeSession, body: {} };
  if (part.op === "setAcl") return { type: OpCode.setAcl, body: { path, acl: null, version: -1 } };
  if (part.op !== "multi") return elementOf(part);
  const elements = (part.parts ?? []).flatMap((one) => elementOf(one) ?? []);
  return { type: OpCode.multi, body: { elements } };
}

function elementOf({
  op,
  path = "/",
  data = null,
  ephemeral,
}: TransactionPart): MultiElement | undefined {
  const any = -1;
  switch (op) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTtl":
      return { type: OpCode.create2, body: { path, data, acl: null, flags: ephemeral ? 1 : 0 } };
    case "setData":
      return { type: OpCode.setData, body: { path, data, version: any } };
    case "delete":
    case "deleteContainer":
      return { type: OpCode.delete, body: { path, version: any } };
    case "check":
      return { type: OpCode.check, body: { path, version: any } };
    default:
      return undefined;
  }
}

const modelNode = (node: StoredNode): Parameters<Model["enter"]>[1] => ({
  data: node.data,
  version: node.version,
  aversion: node.aversion,
  creations: node.cversion,
  owner: sessionIdOf(node.ephemeralOwner),
  czxid: zxidOf(Number(node.czxid)),
  mzxid: zxidOf(Number(node.mzxid)),
  pzxid: zxidOf(Number(node.pzxid)),
  ctime: node.ctime,
  mtime: node.mtime,
});
