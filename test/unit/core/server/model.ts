import type { SessionId } from "../../../../src/core/base/ids.ts";

/** A znode of the model: what clients can see of it, kept the obvious way. */
export interface ModelNode {
  data: string;
  version: number;
  creates: number;
  deletes: number;
  czxid: number;
  mzxid: number;
  pzxid: number;
  owner: SessionId;
}

export type ModelOp =
  | { kind: "create"; path: string; data: string; flags: number; session: SessionId }
  | { kind: "delete"; path: string; version: number }
  | { kind: "setData"; path: string; data: string; version: number }
  | { kind: "check"; path: string; version: number }
  | { kind: "close"; session: SessionId }
  | { kind: "multi"; ops: readonly ModelOp[] };

/** What an operation answers: an error, the path of a create, or nothing. */
export type ModelResult = { err: number; path?: string; results?: readonly number[] };

/** ZooKeeper's tree written for clarity alone: one map, every operation carried out at once and copied to roll back. */
export class Model {
  nodes: Map<string, ModelNode> = new Map();

  constructor() {
    this.nodes.set("/", fresh("", 0, 0n as SessionId));
  }

  run(op: ModelOp, zxid: number): ModelResult {
    switch (op.kind) {
      case "create":
        return this.#create(op, zxid);
      case "delete": {
        const node = this.nodes.get(op.path);
        const parent = this.nodes.get(above(op.path));
        if (op.path === "/") return { err: -8 };
        if (node === undefined || parent === undefined) return { err: -101 };
        if (op.version !== -1 && op.version !== node.version) return { err: -103 };
        if (this.children(op.path).length > 0) return { err: -111 };
        this.#remove(op.path, zxid);
        return { err: 0 };
      }
      case "setData": {
        const node = this.nodes.get(op.path);
        if (node === undefined) return { err: -101 };
        if (op.version !== -1 && op.version !== node.version) return { err: -103 };
        node.data = op.data;
        node.version += 1;
        node.mzxid = zxid;
        return { err: 0 };
      }
      case "check": {
        const node = this.nodes.get(op.path);
        if (node === undefined) return { err: -101 };
        return { err: op.version === -1 || op.version === node.version ? 0 : -103 };
      }
      case "close":
        for (const [path, node] of [...this.nodes]) {
          if (node.owner === op.session) this.#remove(path, zxid);
        }
        return { err: 0 };
      case "multi":
        return this.#multi(op.ops, zxid);
    }
  }

  children(path: string): string[] {
    return [...this.nodes.keys()].filter((other) => other !== "/" && above(other) === path);
  }

  #create(op: ModelOp & { kind: "create" }, zxid: number): ModelResult {
    const parent = this.nodes.get(above(op.path));
    if (op.path !== "/" && parent === undefined) return { err: -101 };
    const path = op.flags & 2 ? op.path + String(parent?.creates ?? 0).padStart(10, "0") : op.path;
    if (this.nodes.has(path)) return { err: -110 };
    if (parent === undefined || parent.owner !== 0n) return { err: -108 };
    parent.creates += 1;
    parent.pzxid = zxid;
    const owner = op.flags & 1 ? op.session : (0n as SessionId);
    this.nodes.set(path, fresh(op.data, zxid, owner));
    return { err: 0, path };
  }

  #remove(path: string, zxid: number): void {
    const parent = this.nodes.get(above(path)) as ModelNode;
    parent.deletes += 1;
    parent.pzxid = zxid;
    this.nodes.delete(path);
  }

  #multi(ops: readonly ModelOp[], zxid: number): ModelResult {
    const before = new Map([...this.nodes].map(([path, node]) => [path, { ...node }]));
    const errors: number[] = [];
    for (const op of ops) {
      const { err } = this.run(op, zxid);
      errors.push(err);
      if (err === 0) continue;
      this.nodes = before;
      const rest = ops.slice(errors.length).map(() => -2);
      return { err: 0, results: [...errors, ...rest] };
    }
    return { err: 0, results: errors };
  }
}

const above = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

const fresh = (data: string, zxid: number, owner: SessionId): ModelNode => ({
  data,
  version: 0,
  creates: 0,
  deletes: 0,
  czxid: zxid,
  mzxid: zxid,
  pzxid: zxid,
  owner,
});
