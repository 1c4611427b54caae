import type { MultiOp, ZooKeeperClient } from "../client/index.ts";
import { rootPath } from "../core/tree/path.ts";
import type { DataTree } from "../core/tree/tree.ts";
import type { TreeLiteral } from "./api.ts";
import { asyncDispose } from "./disposal.ts";
import { ZkmsError } from "./errors.ts";
import { badOption } from "./given.ts";
import type { Standings } from "./standings.ts";
import { applyInBatches, seedOps } from "./tree-edits.ts";
import { dumpTree, isPath, nodesOf, pathsBelow } from "./tree-literal.ts";

export interface ContentOptions {
  readonly standings: Standings;
  /** A client that may do everything, where there is a super user. */
  readonly connectAsSuper: () => Promise<ZooKeeperClient>;
  readonly juteMaxBuffer: number;
}

/** What the tree holds: read from the leader's copy, changed through ordinary requests. */
export class Content {
  readonly #options: ContentOptions;

  constructor(options: ContentOptions) {
    this.#options = options;
  }

  async dump(path: string): Promise<TreeLiteral> {
    if (!isPath(path)) throw badOption("path", path, "is no path of a znode");
    const literal = dumpTree(await this.#tree(), path);
    if (literal !== undefined) return literal;
    throw new ZkmsError("ZKMS_BAD_STATE", `there is no node ${path} to dump`);
  }

  async seed(literal: TreeLiteral, path: string): Promise<void> {
    const nodes = nodesOf(literal, path);
    await this.#edit(seedOps(await this.#tree(), nodes));
  }

  /** Deletes all nodes below the path, and with `self` its own; ACLs do not count while there is a super user. */
  async clear(path: string, { self }: { readonly self: boolean }): Promise<void> {
    const tree = await this.#tree();
    if (tree.get(path) === undefined) return;
    const paths = pathsBelow(tree, path);
    if (self && path !== rootPath) paths.push(path);
    await this.#edit(paths.map((doomed) => ({ op: "delete", path: doomed })));
  }

  async #tree(): Promise<DataTree> {
    const leader = await this.#options.standings.leader(undefined);
    const tree = leader.peer?.replica.tree;
    return tree ?? this.#tree();
  }

  async #edit(ops: readonly MultiOp[]): Promise<void> {
    if (ops.length === 0) return;
    const client = await this.#options.connectAsSuper();
    try {
      await applyInBatches(client, ops, this.#options.juteMaxBuffer);
    } finally {
      await client[asyncDispose]();
    }
  }
}
