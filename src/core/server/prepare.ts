import { noSession, type SessionId, type Zxid, zxidZero } from "../base/ids.ts";
import { dialects, type Emulate } from "../protocol/dialect.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { OpCode } from "../protocol/op-codes.ts";
import { OpTable } from "../protocol/op-table.ts";
import type { Id } from "../protocol/records.ts";
import type {
  MultiElement,
  MultiRequest,
  RequestBodies,
  RequestType,
} from "../protocol/requests.ts";
import type { LocalSessions } from "../session/local-sessions.ts";
import type { SessionTracker } from "../session/tracker.ts";
import type { AclRules } from "../tree/acl.ts";
import type { DataTree } from "../tree/tree.ts";
import { digestVersion } from "../txn/codec.ts";
import { isError, type SubTxn, type Txn, type TxnDigest } from "../txn/txn.ts";
import { PendingChanges } from "./pending.ts";
import { type Reconfigurable, reconfigure } from "./reconfig-op.ts";
import {
  check,
  closeSession,
  containerFlag,
  create,
  createModeOf,
  createSession,
  type Decision,
  type Preparation,
  remove,
  removeContainer,
  setAcl,
  setData,
} from "./write-ops.ts";

/** How requests are judged. */
export interface PrepareOptions extends AclRules {
  /** zookeeper.extendedTypesEnabled */
  readonly ttlNodes: boolean;
  readonly emulate: Emulate;
  /** zookeeper.digest.enabled */
  readonly digest: boolean;
  /** zookeeper.enforceQuota; default: quotas are counted, not enforced. */
  readonly enforceQuota?: boolean;
  /** Schemes that may stand in an ACL besides world and auth; default: ip and digest. */
  readonly aclSchemes?: ReadonlySet<string>;
  /** jute.maxbuffer: a transaction beyond it would cut off every learner. */
  readonly juteMaxBuffer: number;
  /** reconfigEnabled; default false. */
  readonly reconfigEnabled?: boolean;
  /** Voters that a new configuration needs at least: 1 where standaloneEnabled is off; default 2. */
  readonly votersMin?: number;
}

/** A request that becomes a transaction, with all that its judgement depends on. */
export interface PrepareInput {
  readonly session: SessionId;
  readonly cxid: number;
  /** Where the session's requests come from: a link, or the leader itself; undefined for the server's own. */
  readonly owner: number | undefined;
  readonly type: RequestType;
  readonly body: RequestBodies[RequestType];
  /** The connection's identities when the request arrived. */
  readonly ids: readonly Id[];
  /** The transaction's number, taken whatever becomes of the request. */
  readonly zxid: Zxid;
  /** Wall clock, in milliseconds. */
  readonly time: number;
  readonly now: number;
}

/** Each write and how it is decided. */
const writes: {
  readonly [T in RequestType]?: (p: Preparation, body: RequestBodies[T]) => Decision;
} = {
  [OpCode.create]: (p, body) => create(p, OpCode.create, body),
  [OpCode.create2]: (p, body) => create(p, OpCode.create2, body),
  [OpCode.createContainer]: (p, body) => create(p, OpCode.createContainer, body),
  [OpCode.createTtl]: (p, body) => create(p, OpCode.createTtl, body),
  [OpCode.delete]: remove,
  [OpCode.deleteContainer]: removeContainer,
  [OpCode.setData]: setData,
  [OpCode.setAcl]: setAcl,
  [OpCode.multi]: multi,
  [OpCode.createSession]: createSession,
  [OpCode.closeSession]: closeSession,
  [OpCode.reconfig]: reconfigure,
};

/** By number; the body of a request is that of its type. */
const byType: OpTable<(p: Preparation, body: never) => Decision> = new OpTable(writes);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Decides what each request does (PrepRequestProcessor): checks it against the tree as it will be when everything proposed is
 * applied, and makes the transaction. What fails becomes an error transaction, which takes its zxid like any other.
 */
export class Preparer {
  readonly #pending: PendingChanges;
  readonly #config: PrepareOptions;
  /** One for all requests, which say who asks, and for when. */
  readonly #preparation: Mutable<Preparation>;

  constructor(options: {
    readonly tree: DataTree;
    readonly sessions: SessionTracker;
    /** undefined: a server without a quorum. */
    readonly ensemble?: Reconfigurable | undefined;
    readonly local?: LocalSessions | undefined;
    readonly config: PrepareOptions;
  }) {
    const { tree, sessions, local, config, ensemble } = options;
    this.#pending = new PendingChanges(tree);
    this.#config = config;
    this.#preparation = {
      quotas: tree.quotas,
      pending: this.#pending,
      sessions,
      local,
      config,
      dialect: dialects[config.emulate],
      ensemble,
      session: noSession,
      owner: undefined,
      ids: [],
      zxid: zxidZero,
      time: 0,
      now: 0,
    };
  }

  /** Changes proposed and not yet applied. */
  get outstanding(): number {
    return this.#pending.size;
  }

  /** Never throws for what a client sent. */
  prepare(input: PrepareInput): Txn {
    const { session, cxid, owner, ids, zxid, time, now } = input;
    const decide = byType.get(input.type);
    const p = this.#preparation;
    p.session = session;
    p.owner = owner;
    p.ids = ids;
    p.zxid = zxid;
    p.time = time;
    p.now = now;
    const decision =
      decide === undefined ? ErrorCode.UNIMPLEMENTED : decide(p, input.body as never);
    const decided = typeof decision === "number" ? errorTxn(decision) : decision;
    const digest = isError(decided) || hasNoBody(decided) ? undefined : this.#digest();
    // Field by field: spreading `decided`, which comes in many shapes, took 2 µs of each write.
    const { type, body } = decided;
    return { type, body, session, cxid, zxid, time, digest } as Txn;
  }

  /** The transaction's effects are in the tree. */
  applied(zxid: Zxid): void {
    this.#pending.applied(zxid);
  }

  /** Nothing that was proposed counts any more. */
  reset(): void {
    this.#pending.clear();
  }

  #digest(): TxnDigest | undefined {
    if (!this.#config.digest) return undefined;
    return { version: digestVersion, tree: this.#pending.digest };
  }
}

/** A digest behind a body that is not there would be read as the body, here and in Java (SerializeUtils.deserializeTxn). */
const hasNoBody = (txn: SubTxn): boolean =>
  txn.type === OpCode.closeSession && txn.body.paths === undefined;

const errorTxn = (err: ErrorCode): SubTxn => ({ type: OpCode.error, body: { err } });

/** All elements or none. A failed multi stays a multi: what was decided, then the error, then −2 for the rest. */
function multi(p: Preparation, { elements }: MultiRequest): Decision {
  if (!elements.every((element) => isDecodable(p, element))) return ErrorCode.MARSHALLINGERROR;
  const txns: SubTxn[] = [];
  let hasFailed = false;
  p.pending.begin();
  for (const element of elements) {
    const decision = hasFailed ? ErrorCode.RUNTIMEINCONSISTENCY : decideElement(p, element);
    txns.push(typeof decision === "number" ? errorTxn(decision) : decision);
    if (hasFailed || typeof decision !== "number") continue;
    hasFailed = true;
    p.pending.rollback();
    // Apache gets there by an exception of Java's, which ends the multi as a whole.
    if (decision === ErrorCode.MARSHALLINGERROR) return decision;
  }
  p.pending.commit();
  return { type: OpCode.multi, body: { txns } };
}

/** Else the request as a whole counts as undecodable (MultiOperationRecord). */
function isDecodable(p: Preparation, { type, body }: MultiElement): boolean {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer: {
      const mode = createModeOf(body.flags);
      return (mode !== undefined && !mode.ttl) || !p.dialect.multiStrictFlags;
    }
    case OpCode.createTtl:
    case OpCode.delete:
    case OpCode.setData:
    case OpCode.check:
      return true;
    default:
      return false;
  }
}

function decideElement(p: Preparation, element: MultiElement): Decision {
  switch (element.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer: {
      const { type, body } = element;
      if (createModeOf(body.flags)?.ttl) return ErrorCode.MARSHALLINGERROR; // 3.8 stumbles over it when it gets there
      if (body.flags === containerFlag) return create(p, OpCode.createContainer, body);
      return create(p, p.dialect.multiCreate2 ? type : OpCode.create, body);
    }
    case OpCode.createTtl: {
      const { body } = element;
      if (createModeOf(body.flags)?.ttl) return create(p, OpCode.createTtl, body);
      const type = body.flags === containerFlag ? OpCode.createContainer : OpCode.create;
      return create(p, type, body); // its ttl is dropped
    }
    case OpCode.delete:
      return remove(p, element.body);
    case OpCode.setData:
      return setData(p, element.body);
    case OpCode.check:
      return check(p, element.body);
    default:
      return ErrorCode.MARSHALLINGERROR;
  }
}
