import type { MultiOp, ZooKeeperClient } from "../client/index.ts";
import { rootPath } from "../core/tree/path.ts";
import type { DataTree } from "../core/tree/tree.ts";
import type { TreeLiteral } from "./api.ts";
import { asyncDispose } from "./disposal.ts";
import { ZkmsError } from "./errors.ts";
import { badOption } from "./given.ts";
import type { Standings } from "./standings.ts";
import { applyInBatches, deletions, seedOps } from "./tree-edits.ts";
import { dumpTree, isPath, nodesOf, pathsBelow } from "./tree-literal.ts";

export interface ContentOptions {
  readonly standings: Standings;
  /** A client that may do everything, where there is a super user. */
  readonly connectAsSuper: () => Promise<ZooKeeperClient>;
  readonly juteMaxBuffer: number;
}

/** A client that makes a node in the middle of it has the deletion of its parent fail. */
const clearAttemptsMax = 10;

/** What the tree holds: read from the leader's copy, changed by requests, and cleared by the leader itself. */
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

  /** Deletes all nodes below the path, and with `self` its own, whatever their ACLs; watchers hear of each. */
  async clear(path: string, { self }: { readonly self: boolean }): Promise<void> {
    for (let left = clearAttemptsMax; left > 0; left -= 1) {
      const paths = doomed(await this.#tree(), path, self);
      if (paths.length === 0) return;
      for (const request of deletions(paths, this.#options.juteMaxBuffer)) {
        await this.#options.standings.edited(request);
      }
      const tree = await this.#tree();
      if (paths.every((gone) => tree.get(gone) === undefined)) return;
    }
    throw new ZkmsError("ZKMS_BAD_STATE", `${path} cannot be cleared: others write below it`, {
      hint: "close the clients first, or ensemble.sessions.expireAll()",
    });
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

function doomed(tree: DataTree, path: string, self: boolean): string[] {
  if (tree.get(path) === undefined) return [];
  const paths = pathsBelow(tree, path);
  if (self && path !== rootPath) paths.push(path);
  return paths;
}
