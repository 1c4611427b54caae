import { noSession, type SessionId, type Zxid, zxidZero } from "../../src/core/base/ids.ts";
import { ErrorCode } from "../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import type { Stat } from "../../src/core/protocol/records.ts";
import type { MultiElement, Request } from "../../src/core/protocol/requests.ts";

// What ZooKeeper promises, written as plainly as can be: no transactions, no pending changes, one request after the other. Slow,
// and of no use but to judge.

interface Node {
  readonly data: Uint8Array | null;
  readonly version: number;
  /** How many children were ever created: it numbers the sequential ones. */
  readonly creations: number;
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

const ok: Answer = { err: 0 };
const sequential = 2;

/** The tree as one request after the other leaves it. */
export class Model {
  #nodes: Map<string, Node> = new Map([["/", emptyNode]]);
  readonly sessions: Set<SessionId> = new Set();
  /** Of the last `write`. */
  changes: Change[] = [];

  write(request: Request | MultiElement, context: Context): Answer {
    this.changes = [];
    const answer = this.#write(request, context);
    if (answer.err !== 0) this.changes = [];
    return answer;
  }

  openSession(session: SessionId): void {
    this.changes = [];
    this.sessions.add(session);
  }

  closeSession(context: Context): Answer {
    this.changes = [];
    this.sessions.delete(context.session);
    for (const [path, node] of [...this.#nodes]) {
      if (node.owner === context.session) this.#delete(path, context);
    }
    return ok;
  }

  read(request: Request): Answer {
    switch (request.type) {
      case OpCode.getData:
      case OpCode.exists:
      case OpCode.getChildren2: {
        const { path } = request.body;
        const node = this.#nodes.get(path);
        if (node === undefined) return { err: ErrorCode.NONODE };
        const stat = this.#stat(path, node);
        if (request.type === OpCode.exists) return { err: 0, stat };
        if (request.type === OpCode.getData) return { err: 0, data: node.data, stat };
        return { err: 0, children: this.#children(path), stat };
      }
      default:
        return ok;
    }
  }

  #write(request: Request | MultiElement, context: Context): Answer {
    switch (request.type) {
      case OpCode.create:
      case OpCode.create2:
        return this.#create(request, context);
      case OpCode.delete: {
        const { path, version } = request.body;
        const node = this.#nodes.get(path);
        if (node === undefined || path === "/") return { err: ErrorCode.NONODE };
        if (version !== -1 && version !== node.version) return { err: ErrorCode.BADVERSION };
        if (this.#children(path).length > 0) return { err: ErrorCode.NOTEMPTY };
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
        this.#nodes.set(path, changed);
        this.changes.push({ path, type: "dataChanged" });
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

  #create(
    request: (Request | MultiElement) & { type: typeof OpCode.create | typeof OpCode.create2 },
    { session, zxid, time }: Context,
  ): Answer {
    const { data, flags } = request.body;
    const parentPath = parentOf(request.body.path);
    const parent = this.#nodes.get(parentPath);
    if (parent === undefined) return { err: ErrorCode.NONODE };
    const number = String(parent.creations).padStart(10, "0");
    const path = request.body.path + ((flags & sequential) !== 0 ? number : "");
    if (this.#nodes.has(path)) return { err: ErrorCode.NODEEXISTS };
    if (parent.owner !== noSession) return { err: ErrorCode.NOCHILDRENFOREPHEMERALS };
    const node: Node = {
      data,
      version: 0,
      creations: 0,
      owner: (flags & 1) !== 0 ? session : noSession,
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctime: time,
      mtime: time,
    };
    this.#nodes.set(path, node);
    this.#nodes.set(parentPath, { ...parent, creations: parent.creations + 1, pzxid: zxid });
    this.changes.push({ path, type: "created" }, { path: parentPath, type: "childrenChanged" });
    if (request.type === OpCode.create) return { err: 0, path };
    return { err: 0, path, stat: this.#stat(path, node) };
  }

  #delete(path: string, { zxid }: Context): void {
    this.#nodes.delete(path);
    const parentPath = parentOf(path);
    const parent = this.#nodes.get(parentPath);
    if (parent !== undefined) this.#nodes.set(parentPath, { ...parent, pzxid: zxid });
    this.changes.push({ path, type: "deleted" }, { path: parentPath, type: "childrenChanged" });
  }

  /** All or none; after a failure those before it say 0, those behind it −2. */
  #multi(elements: readonly MultiElement[], context: Context): Answer {
    const before = new Map(this.#nodes);
    const results: Answer[] = [];
    for (const element of elements) {
      const answer = this.#write(element as never, context);
      results.push(answer);
      if (answer.err === 0) continue;
      this.#nodes = before;
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

  #children(path: string): string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    return [...this.#nodes.keys()]
      .filter((other) => other.startsWith(prefix) && other !== "/")
      .map((other) => other.slice(prefix.length))
      .filter((name) => !name.includes("/"))
      .sort();
  }

  #stat(path: string, node: Node): Stat {
    const numChildren = this.#children(path).length;
    return {
      czxid: node.czxid,
      mzxid: node.mzxid,
      ctime: node.ctime,
      mtime: node.mtime,
      version: node.version,
      cversion: 2 * node.creations - numChildren,
      aversion: 0,
      ephemeralOwner: node.owner,
      dataLength: node.data?.length ?? 0,
      numChildren,
      pzxid: node.pzxid,
    };
  }
}

const emptyNode: Node = {
  data: null,
  version: 0,
  creations: 0,
  owner: noSession,
  czxid: zxidZero,
  mzxid: zxidZero,
  pzxid: zxidZero,
  ctime: 0,
  mtime: 0,
};

function parentOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at <= 0 ? "/" : path.slice(0, at);
}
