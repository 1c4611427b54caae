import { type Answer, Model } from "../../../src/check/model.ts";
import {
  formatSession,
  formatZxid,
  type SessionId,
  type Zxid,
} from "../../../src/core/base/ids.ts";
import { ErrorCode, errorName } from "../../../src/core/protocol/error-codes.ts";
import { isWrite, OpCode, opName } from "../../../src/core/protocol/op-codes.ts";
import type { Stat } from "../../../src/core/protocol/records.ts";
import type { MultiResult, Reply } from "../../../src/core/protocol/replies.ts";
import type { Request } from "../../../src/core/protocol/requests.ts";
import { isSystemPath, rootPath } from "../../../src/core/tree/path.ts";
import type { DataTree } from "../../../src/core/tree/tree.ts";
import { statOf } from "../../../src/core/tree/znode.ts";
import type { Txn } from "../../../src/core/txn/txn.ts";
import type { History, Operation } from "../client.ts";
import type { Ledger } from "./ledger.ts";
import { SequenceChecker } from "./sequences.ts";
import { hold, Violation } from "./violation.ts";
import { WatchChecker } from "./watches.ts";

/**
 * Judges every reply exactly: it carries a zxid, so the committed log, run through the model once, says what each had to be. Nothing
 * is searched for. At the end all trees must be the model's.
 */
export function checkHistory(history: History, ledger: Ledger, trees: readonly DataTree[]): void {
  const judge = new Judge(history, ledger);
  judge.run();
  for (const tree of trees) judge.compare(tree);
}

/** /zookeeper and what every tree has below it. */
const systemNodes = 3;

class Judge {
  readonly #model = new Model();
  readonly #ledger: Ledger;
  readonly #history: History;
  /** By session and xid: a request is carried out at most once. */
  readonly #writes = new Map<string, Operation>();
  /** Sessions of the quorum's, with their timeouts; others were of one peer alone. */
  readonly #opened = new Map<SessionId, number>();
  readonly #readsAt = new Map<Zxid, Operation[]>();
  readonly #watches: WatchChecker;

  constructor(history: History, ledger: Ledger) {
    this.#history = history;
    this.#ledger = ledger;
    this.#watches = new WatchChecker(ledger);
  }

  run(): void {
    for (const operation of this.#history.operations) this.#file(operation);
    this.#checkSequences();
    this.#judgeReads(this.#ledger.real(0 as Zxid));
    for (const zxid of this.#ledger.committed) {
      const txn = this.#ledger.entry(zxid)?.txn;
      if (txn === undefined) throw new Violation("Integrity", `${formatZxid(zxid)} is unknown`);
      this.#carryOut(txn);
      this.#watches.changed(zxid, this.#model.changes);
      this.#judgeReads(zxid);
    }
    for (const operation of this.#writes.values()) {
      hold(
        operation.reply === undefined || isDropped(operation.reply) || this.#isLocal(operation),
        "I5 what is committed stays",
        () => `${name(operation)} was answered and is not in the log`,
      );
    }
    for (const [zxid] of this.#readsAt) {
      throw new Violation("Agreement", `a read at ${formatZxid(zxid)}, which never committed`);
    }
    for (const connection of this.#history.connections) this.#watches.check(connection);
  }

  #checkSequences(): void {
    const checker = new SequenceChecker();
    for (const zxid of this.#ledger.committed) {
      const txn = this.#ledger.entry(zxid)?.txn;
      const operation = txn && this.#writes.get(keyOf(txn));
      if (txn !== undefined && operation !== undefined) checker.committed(operation.request, txn);
    }
  }

  /** What no digest shows counts here too: the bytes themselves, and how long each session may be silent. */
  compare(tree: DataTree): void {
    const sessions = [...this.#model.sessions].map((id) => [id, this.#opened.get(id)] as const);
    hold(
      sessions.length === tree.sessions.size &&
        sessions.every(
          ([id, timeout]) => timeout !== undefined && tree.sessions.get(id) === timeout,
        ),
      "the final tree is the model's",
      () => `sessions ${text([...tree.sessions])}, not ${text(sessions)}`,
    );
    const waiting = [rootPath];
    let count = 0;
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      count += 1;
      const expected = this.#model.read({ type: OpCode.getData, body: { path, watch: false } });
      const node = tree.get(path);
      const actual = node && { err: 0, data: node.data, stat: statOf(node) };
      hold(
        path === rootPath || isSame(expected, actual),
        "the final tree is the model's",
        () => `${path} is ${text(actual)}, not ${text(expected)}`,
      );
      const below = this.#model.read({ type: OpCode.getChildren, body: { path, watch: false } });
      for (const name of "children" in below ? (below.children ?? []) : []) {
        const child = path === rootPath ? `/${name}` : `${path}/${name}`;
        if (!isSystemPath(child)) waiting.push(child);
      }
    }
    const more = tree.descendantsOf(tree.root) + 1 - count - systemNodes;
    hold(more === 0, "the final tree is the model's", () => `${more} nodes more`);
  }

  /** The end of a session that the log never heard of. */
  #isLocal({ request, session }: Operation): boolean {
    const { hasLocalSessions } = this.#history;
    return hasLocalSessions && request.type === OpCode.closeSession && !this.#opened.has(session);
  }

  #file(operation: Operation): void {
    const { request, session, reply } = operation;
    if (isWrite(request.type)) {
      this.#writes.set(`${session}/${request.xid}`, operation);
      return;
    }
    if (reply === undefined) return;
    const zxid = this.#ledger.real(reply.zxid);
    // With one leader all along, a sync shows what anybody had an answer to when it was sent.
    hold(
      request.type !== OpCode.sync ||
        this.#ledger.epochs > 1 ||
        zxid >= this.#ledger.real(operation.after),
      "I17 replies as the model gives them",
      () => `${name(operation)}: a sync that shows less than ${formatZxid(operation.after)}`,
    );
    const reads = this.#readsAt.get(zxid);
    if (reads === undefined) this.#readsAt.set(zxid, [operation]);
    else reads.push(operation);
  }

  #carryOut(txn: Txn): void {
    const key = keyOf(txn);
    const operation = this.#writes.get(key);
    if (txn.type === OpCode.createSession) {
      this.#opened.set(txn.session, txn.body.timeout);
      return this.#model.openSession(txn.session);
    }
    if (operation === undefined || (isOwnWish(txn) && operation.request.type !== txn.type)) {
      return this.#carryOutUnasked(txn);
    }
    this.#writes.delete(key);
    this.#judgeWrite(operation, txn);
  }

  /** What no client asked for: expiries, reconfigurations, and the write that proves the quorum. */
  #carryOutUnasked(txn: Txn): void {
    this.#model.changes = [];
    if (txn.type === OpCode.closeSession) {
      this.#model.closeSession(txn);
      return;
    }
    hold(
      txn.type === OpCode.error || txn.type === OpCode.reconfig,
      "Integrity",
      () => `${opName(txn.type)} ${formatZxid(txn.zxid)} was asked for by nobody, or twice`,
    );
  }

  #judgeWrite(operation: Operation, txn: Txn): void {
    const { reply, request } = operation;
    if (reply !== undefined && reply.zxid !== txn.zxid) {
      throw wrong(operation, `it committed as ${formatZxid(txn.zxid)}`);
    }
    if (this.#isOfSession(errorOf(txn), txn.session)) {
      this.#model.changes = [];
      return;
    }
    const answer = this.#model.write(request, txn);
    const txnErr = txn.type === OpCode.error ? txn.body.err : 0;
    if (txnErr !== answer.err) {
      throw wrong(operation, `${errorName(txnErr)} where ${errorName(answer.err)} was due`);
    }
    if (reply !== undefined) expectSame(operation, answer, reply);
  }

  /** Errors that depend on the session's state at the leader. */
  #isOfSession(err: number, session: SessionId): boolean {
    if (err === ErrorCode.SESSIONMOVED) return true;
    if (err !== ErrorCode.SESSIONEXPIRED) return false;
    hold(
      !this.#model.sessions.has(session),
      "I17 replies as the model gives them",
      () => `session ${formatSession(session)} is called expired, and lives`,
    );
    return true;
  }

  #judgeReads(zxid: Zxid): void {
    for (const operation of this.#readsAt.get(zxid) ?? []) {
      const { reply, request } = operation;
      if (reply !== undefined) expectSame(operation, this.#model.read(request), reply);
    }
    this.#readsAt.delete(zxid);
  }
}

const keyOf = ({ session, cxid }: Txn): string => `${session}/${cxid}`;

/** Of a multi, that of the element which failed it: each element asks for the session anew. */
function errorOf(txn: Txn): number {
  if (txn.type === OpCode.error) return txn.body.err;
  if (txn.type !== OpCode.multi) return 0;
  const failed = txn.body.txns.find((sub) => sub.type === OpCode.error);
  return failed?.type === OpCode.error ? failed.body.err : 0;
}

/** closeSession shares its cxid 0 with nothing, but an expiry may meet a client's xid. */
const isOwnWish = (txn: Txn): boolean => txn.type === OpCode.closeSession;

/** Answers that no transaction stands behind. */
const isDropped = (reply: Reply): boolean => reply.err === ErrorCode.MARSHALLINGERROR;

function expectSame(operation: Operation, expected: Answer, reply: Reply): void {
  const actual = toAnswer(operation.request, reply);
  if (isSame(expected, actual)) return;
  throw wrong(operation, `\n  expected ${text(expected)}\n  got      ${text(actual)}`);
}

function wrong(operation: Operation, what: string): Violation {
  return new Violation("I17 replies as the model gives them", `${name(operation)}: ${what}`);
}

const name = ({ session, request, reply }: Operation): string =>
  `${opName(request.type)} ${request.xid} of ${formatSession(session)} ${text(request.body)} at ${reply === undefined ? "no reply" : formatZxid(reply.zxid)}`;

function toAnswer(request: Request, { err, body }: Reply): Answer {
  if (err !== 0 || body === undefined) return { err };
  if (request.type === OpCode.sync) return { err: 0 };
  if ("results" in body) return { err: 0, results: body.results.map(toElement) };
  const { path, stat, data, children } = body as Partial<{
    path: string;
    stat: Stat;
    data: Uint8Array | null;
    children: readonly string[];
  }>;
  return {
    err: 0,
    ...(path !== undefined && { path }),
    ...(stat !== undefined && { stat }),
    // Read from a wire it is a Buffer, which JSON shows otherwise.
    ...(data !== undefined && { data: data === null ? null : Uint8Array.from(data) }),
    ...(children !== undefined && { children: [...children].sort() }),
  };
}

function toElement(result: MultiResult): Answer {
  if (result.type === OpCode.error) return { err: result.err };
  const { type: _type, ...rest } = result;
  return { err: 0, ...rest } as Answer;
}

/** Whether two values that JSON could hold, bytes and big numbers among them, are the same; a key without a value is none. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object") return false;
  if (left === null || right === null) return false;
  const one = left as Readonly<Record<string, unknown>>;
  const other = right as Readonly<Record<string, unknown>>;
  if (left instanceof Uint8Array || Array.isArray(left)) {
    if (left.constructor !== right.constructor || left.length !== other["length"]) return false;
    return left.every((item: unknown, index) => isSame(item, other[index]));
  }
  for (const key in one) if (!isSame(one[key], other[key])) return false;
  for (const key in other) if (!(key in one) && other[key] !== undefined) return false;
  return true;
}

/** One text for one content, whatever the order of keys. */
function text(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return item.toString(16);
    if (item instanceof Uint8Array) return `bytes ${[...item].join(" ")}`;
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
