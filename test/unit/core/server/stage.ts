import {
  connectionIdOf,
  type SessionId,
  sessionIdOf,
  type Zxid,
  zxidOf,
} from "../../../../src/core/base/ids.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import type { Acl, Id } from "../../../../src/core/protocol/records.ts";
import type { ReplyBody } from "../../../../src/core/protocol/replies.ts";
import type {
  MultiElement,
  Request,
  RequestBodies,
  RequestType,
} from "../../../../src/core/protocol/requests.ts";
import { type PrepareOptions, Preparer } from "../../../../src/core/server/prepare.ts";
import { read } from "../../../../src/core/server/read.ts";
import type { LocalSessions } from "../../../../src/core/session/local-sessions.ts";
import { SessionTracker } from "../../../../src/core/session/tracker.ts";
import { apply, type TxnResult } from "../../../../src/core/tree/apply.ts";
import { DataTree } from "../../../../src/core/tree/tree.ts";
import { type FiredWatch, WatchTable } from "../../../../src/core/tree/watches.ts";
import type { Txn } from "../../../../src/core/txn/txn.ts";

export const world: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];
export const sessionA: SessionId = sessionIdOf(0xa1n);
export const sessionB: SessionId = sessionIdOf(0xb2n);
/** Where requests of all sessions come from, unless they say otherwise. */
export const home = 1;

/** Who asks. */
export interface Asker {
  readonly session?: SessionId;
  readonly owner?: number | undefined;
  readonly ids?: readonly Id[];
}

/** Preparation, tree and watches without a quorum between them: what is prepared is applied when the test says so. */
export class Stage {
  readonly tree: DataTree = new DataTree();
  readonly watches: WatchTable = new WatchTable();
  readonly sessions: SessionTracker = new SessionTracker(100);
  readonly fired: FiredWatch[] = [];
  readonly preparer: Preparer;
  readonly options: PrepareOptions;
  /** Results and transactions, as they were applied. */
  readonly results: TxnResult[] = [];
  readonly applied: Txn[] = [];
  /** Zxids after which the tree's digest was not the one in the transaction. */
  readonly digestMismatches: Zxid[] = [];
  readonly #waiting: Txn[] = [];
  #zxid: Zxid = zxidOf(0);

  constructor(options: Partial<PrepareOptions> = {}, local?: LocalSessions) {
    this.options = {
      ttlNodes: true,
      skipAcl: false,
      emulate: "3.9",
      digest: true,
      juteMaxBuffer: 0xfffff,
      ...options,
    };
    this.preparer = new Preparer({
      tree: this.tree,
      sessions: this.sessions,
      local,
      config: this.options,
    });
    for (const session of [sessionA, sessionB]) {
      this.do(OpCode.createSession, { timeout: 10_000 }, { session });
    }
  }

  /** Decided and proposed, not yet applied. */
  propose<T extends RequestType>(type: T, body: RequestBodies[T], asker: Asker = {}): Txn {
    this.#zxid = zxidOf(this.#zxid + 1);
    const txn = this.preparer.prepare({
      session: asker.session ?? sessionA,
      cxid: this.#zxid,
      owner: "owner" in asker ? asker.owner : home,
      ids: asker.ids ?? [],
      type,
      body,
      zxid: this.#zxid,
      time: this.#zxid * 1000,
      now: 0,
    });
    this.#waiting.push(txn);
    return txn;
  }

  /** Applies the oldest proposal. */
  applyNext(): TxnResult {
    const txn = this.#waiting.shift();
    if (txn === undefined) throw new Error("nothing is proposed");
    const result = apply(this, txn);
    this.preparer.applied(txn.zxid);
    if (txn.type === OpCode.closeSession) this.sessions.remove(txn.session);
    this.results.push(result);
    this.applied.push(txn);
    if (txn.digest !== undefined && txn.digest.tree !== this.tree.digest) {
      this.digestMismatches.push(txn.zxid);
    }
    return result;
  }

  applySome(count: number): void {
    for (let i = 0; i < count && this.waiting > 0; i += 1) this.applyNext();
  }

  applyAll(): void {
    this.applySome(this.waiting);
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Prepared and applied, behind all that waits. */
  do<T extends RequestType>(type: T, body: RequestBodies[T], asker: Asker = {}): TxnResult {
    this.applyAll();
    this.propose(type, body, asker);
    return this.applyNext();
  }

  create(path: string, more: Partial<RequestBodies[typeof OpCode.create]> & Asker = {}): TxnResult {
    return this.do(OpCode.create, creation(path, more), more);
  }

  multi(elements: readonly MultiElement[], asker: Asker = {}): TxnResult {
    return this.do(OpCode.multi, { elements }, asker);
  }

  read<T extends RequestType>(
    type: T,
    body: RequestBodies[T],
    more: { connection?: number; ids?: readonly Id[]; session?: SessionId } = {},
  ): { err: number; body: ReplyBody | undefined } {
    return read(
      {
        tree: this.tree,
        watches: this.watches,
        connection: connectionIdOf(more.connection ?? 1),
        session: more.session ?? sessionA,
        ids: more.ids ?? [],
        emulate: this.options.emulate,
      },
      { xid: 1, type, body } as unknown as Request,
      this.fired,
    );
  }

  /** The events fired since the last call, as `connection type path`. */
  events(): string[] {
    const names = ["", "created", "deleted", "changed", "children"];
    return this.fired.splice(0).map((f) => `${f.connection} ${names[f.type]} ${f.path}`);
  }
}

export const creation = (
  path: string,
  more: Partial<RequestBodies[typeof OpCode.create]> = {},
): RequestBodies[typeof OpCode.create] => ({
  path,
  data: more.data === undefined ? new Uint8Array(0) : more.data,
  acl: more.acl === undefined ? world : more.acl,
  flags: more.flags ?? 0,
});

export const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
