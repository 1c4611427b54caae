import { noSession, type SessionId, type Zxid, zxidZero } from "../core/base/ids.ts";
import { ErrorCode } from "../core/protocol/error-codes.ts";
import { OpCode } from "../core/protocol/op-codes.ts";
import type { Stat } from "../core/protocol/records.ts";
import type {
  CreateRequest,
  MultiElement,
  RequestBodies,
  RequestType,
} from "../core/protocol/requests.ts";
import { isSystemPath, nameOf, parentOf } from "../core/tree/path.ts";

// What ZooKeeper promises, written as plainly as can be: no transactions, no pending changes, one request after the other. Of no
// use but to judge, and therefore sharing nothing with the server that is judged.

/** A node as it is, whatever the names below it. */
export interface ModelNode {
  readonly data: Uint8Array | null;
  readonly version: number;
  readonly aversion: number;
  /** How many children were ever created: it numbers the sequential ones. */
  readonly creations: number;
  /** The session that it dies with. */
  readonly owner: SessionId;
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly ctime: number;
  readonly mtime: number;
}

/** What was done to a path, as its watchers hear of it. */
export interface Change {
  readonly path: string;
  readonly type: "created" | "deleted" | "dataChanged" | "childrenChanged";
}

/** An answer: an error, or what the request's reply holds, in any order of keys. */
export type Answer =
  | { readonly err: number }
  | {
      readonly err: 0;
      readonly path?: string;
      readonly stat?: Stat;
      readonly data?: Uint8Array | null;
      readonly children?: readonly string[];
      readonly results?: readonly Answer[];
    };

/** Who asks, and what the transaction says of when. */
export interface Context {
  readonly session: SessionId;
  readonly zxid: Zxid;
  readonly time: number;
}

/** A request without its number, or an element of a multi. */
export type Asked =
  | {
      readonly [T in RequestType]: { readonly type: T; readonly body: RequestBodies[T] };
    }[RequestType]
  | MultiElement;

const ok: Answer = { err: 0 };
const ephemeralFlags: readonly number[] = [1, 3];
const sequentialFlags: readonly number[] = [2, 3, 6];
const noNames: ReadonlySet<string> = new Set();

/** The server's own nodes, which change without transactions. */
export const isServersOwn = (path: string): boolean =>
  path === "/zookeeper" || path.startsWith("/zookeeper/");

/** The tree as one request after the other leaves it. It knows no ACLs, quotas, and no end of containers: others speak of those. */
export class Model {
  readonly #nodes = new Map<string, ModelNode>();
  readonly #children = new Map<string, Set<string>>();
  /** What takes back the elements of the multi that is being carried out. */
  #undo: (() => void)[] = [];
  readonly sessions: Set<SessionId> = new Set();
  /** Of the last `write`. */
  changes: Change[] = [];

  constructor() {
    for (const path of ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]) {
      this.enter(path, emptyNode);
    }
  }

  /** A node of a state that others made; parents first. */
  enter(path: string, node: ModelNode): void {
    this.#put(path, node);
    if (path !== "/") this.#link(path);
    this.#undo = [];
  }

  has(path: string): boolean {
    return this.#nodes.has(path);
  }

  ephemeralsOf(session: SessionId): string[] {
    return [...this.#nodes].flatMap(([path, { owner }]) => (owner === session ? path : []));
  }

  write(request: Asked, context: Context): Answer {
    this.changes = [];
    this.#undo = [];
    const answer = this.#write(request, context);
    if (answer.err !== 0) this.changes = [];
    return answer;
  }

  /** The error that a request would be answered now; nothing changes. */
  wouldFail(request: Asked): number {
    const changes = this.changes;
    const answer = this.write(request, { session: noSession, zxid: zxidZero, time: 0 });
    for (const undo of this.#undo.reverse()) undo();
    this.changes = changes;
    const { err } = answer;
    if (err !== 0 || !("results" in answer)) return err;
    const isCause = (one: Answer): boolean =>
      one.err !== 0 && one.err !== ErrorCode.RUNTIMEINCONSISTENCY;
    return answer.results?.find(isCause)?.err ?? 0;
  }

  openSession(session: SessionId): void {
    this.changes = [];
    this.sessions.add(session);
  }

  closeSession(context: Context): Answer {
    this.changes = [];
    this.sessions.delete(context.session);
    if (context.session === noSession) return ok;
    for (const path of this.ephemeralsOf(context.session)) this.#delete(path, context);
    return ok;
  }

  read(request: Asked): Answer {
    switch (request.type) {
      case OpCode.getData:
      case OpCode.exists:
      case OpCode.getAcl:
      case OpCode.getChildren:
      case OpCode.getChildren2: {
        const { path } = request.body;
        const node = this.#nodes.get(path);
        if (node === undefined) return { err: ErrorCode.NONODE };
        const stat = this.#stat(path, node);
        switch (request.type) {
          case OpCode.getData:
            return { err: 0, data: node.data, stat };
          case OpCode.getChildren:
            return { err: 0, children: this.#names(path) };
          case OpCode.getChildren2:
            return { err: 0, children: this.#names(path), stat };
          default:
            return { err: 0, stat };
        }
      }
      case OpCode.multiRead: {
        const results = request.body.elements.map((element) => this.read(element));
        return { err: 0, results };
      }
      default:
        return ok;
    }
  }

  #write(request: Asked, context: Context): Answer {
    switch (request.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTtl:
        return this.#create(request.type, request.body, context);
      case OpCode.delete: {
        const { path, version } = request.body;
        if (isSystemPath(path)) return { err: ErrorCode.BADARGUMENTS };
        const node = this.#nodes.get(path);
        if (node === undefined) return { err: ErrorCode.NONODE };
        if (version !== -1 && version !== node.version) return { err: ErrorCode.BADVERSION };
        if (this.#childCount(path) > 0) return { err: ErrorCode.NOTEMPTY };
        this.#delete(path, context);
        return ok;
      }
      case OpCode.setData:
      case OpCode.check: {
        const { path, version } = request.body;
        const node = this.#nodes.get(path);
        if (node === undefined) return { err: ErrorCode.NONODE };
        if (version !== -1 && version !== node.version) return { err: ErrorCode.BADVERSION };
        if (request.type === OpCode.check) return ok;
        const { zxid, time } = context;
        const { data } = request.body;
        const changed = { ...node, data, version: node.version + 1, mzxid: zxid, mtime: time };
        this.#put(path, changed);
        this.changes.push({ path, type: "dataChanged" });
        return { err: 0, stat: this.#stat(path, changed) };
      }
      case OpCode.setAcl: {
        const { path, version } = request.body;
        const node = this.#nodes.get(path);
        if (node === undefined) return { err: ErrorCode.NONODE };
        if (version !== -1 && version !== node.aversion) return { err: ErrorCode.BADVERSION };
        const changed = { ...node, aversion: node.aversion + 1 };
        this.#put(path, changed);
        return { err: 0, stat: this.#stat(path, changed) };
      }
      case OpCode.multi:
        return this.#multi(request.body.elements, context);
      case OpCode.closeSession:
        return this.closeSession(context);
      default:
        throw new Error(`the model knows nothing of op ${request.type}`);
    }
  }

  #create(type: number, body: CreateRequest, { session, zxid, time }: Context): Answer {
    const { data, flags } = body;
    const parentPath = parentOf(body.path);
    const parent = this.#nodes.get(parentPath);
    if (parent === undefined) return { err: ErrorCode.NONODE };
    const number = String(parent.creations).padStart(10, "0");
    const path = body.path + (sequentialFlags.includes(flags) ? number : "");
    if (this.#nodes.has(path)) return { err: ErrorCode.NODEEXISTS };
    if (parent.owner !== noSession) return { err: ErrorCode.NOCHILDRENFOREPHEMERALS };
    const node: ModelNode = {
      data,
      version: 0,
      aversion: 0,
      creations: 0,
      owner: ephemeralFlags.includes(flags) ? session : noSession,
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctime: time,
      mtime: time,
    };
    this.#put(path, node);
    this.#link(path);
    this.#put(parentPath, { ...parent, creations: parent.creations + 1, pzxid: zxid });
    this.changes.push({ path, type: "created" }, { path: parentPath, type: "childrenChanged" });
    if (type === OpCode.create) return { err: 0, path };
    return { err: 0, path, stat: this.#stat(path, node) };
  }

  #delete(path: string, { zxid }: Context): void {
    const node = this.#nodes.get(path);
    if (node !== undefined) this.#undo.push(() => this.#nodes.set(path, node));
    this.#nodes.delete(path);
    const parentPath = parentOf(path);
    const [name, names] = [nameOf(path), this.#children.get(parentPath)];
    names?.delete(name);
    this.#undo.push(() => names?.add(name));
    const parent = this.#nodes.get(parentPath);
    if (parent !== undefined) this.#put(parentPath, { ...parent, pzxid: zxid });
    this.changes.push({ path, type: "deleted" }, { path: parentPath, type: "childrenChanged" });
  }

  /** All or none; after a failure those before it say 0, those behind it −2. */
  #multi(elements: readonly MultiElement[], context: Context): Answer {
    const results: Answer[] = [];
    for (const element of elements) {
      const answer = this.#write(element, context);
      results.push(answer);
      if (answer.err === 0) continue;
      for (const undo of this.#undo.reverse()) undo();
      this.#undo = [];
      this.changes = [];
      return {
        err: 0,
        results: elements.map((_, index) => {
          const failedAt = results.length - 1;
          if (index === failedAt) return answer;
          return { err: index < failedAt ? 0 : ErrorCode.RUNTIMEINCONSISTENCY };
        }),
      };
    }
    return { err: 0, results };
  }

  // ------------------------------------------------------------------ keeping

  #put(path: string, node: ModelNode): void {
    const before = this.#nodes.get(path);
    this.#undo.push(() => {
      if (before === undefined) this.#nodes.delete(path);
      else this.#nodes.set(path, before);
    });
    this.#nodes.set(path, node);
  }

  #link(path: string): void {
    const [parentPath, name] = [parentOf(path), nameOf(path)];
    const names = this.#children.get(parentPath) ?? new Set();
    this.#children.set(parentPath, names.add(name));
    this.#undo.push(() => names.delete(name));
  }

  #names(path: string): string[] {
    return [...(this.#children.get(path) ?? noNames)].sort();
  }

  #childCount(path: string): number {
    return this.#children.get(path)?.size ?? 0;
  }

  #stat(path: string, node: ModelNode): Stat {
    const numChildren = this.#childCount(path);
    return {
      czxid: node.czxid,
      mzxid: node.mzxid,
      ctime: node.ctime,
      mtime: node.mtime,
      version: node.version,
      cversion: 2 * node.creations - numChildren,
      aversion: node.aversion,
      ephemeralOwner: node.owner,
      dataLength: node.data?.length ?? 0,
      numChildren,
      pzxid: node.pzxid,
    };
  }
}

const emptyNode: ModelNode = {
  data: null,
  version: 0,
  aversion: 0,
  creations: 0,
  owner: noSession,
  czxid: zxidZero,
  mzxid: zxidZero,
  pzxid: zxidZero,
  ctime: 0,
  mtime: 0,
};
