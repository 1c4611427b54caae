import type { MultiOp, ZooKeeperClient } from "../client/index.ts";
import type { Replica } from "../core/server/replica.ts";
import { rootPath } from "../core/tree/path.ts";
import type { TreeLiteral } from "./api.ts";
import { asyncDispose } from "./disposal.ts";
import { ZkmsError } from "./errors.ts";
import { badOption } from "./given.ts";
import { readingOf } from "./reading.ts";
import type { Standings } from "./standings.ts";
import { applyInBatches, deletions, seedOps, sendInOrder } from "./tree-edits.ts";
import { areGone, dumpTree, isPath, nodesOf, pathsBelow } from "./tree-literal.ts";

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
    const { standings } = this.#options;
    const literal = await readingOf(standings, (tree) => dumpTree(tree, path));
    if (literal !== undefined) return literal;
    throw new ZkmsError("ZKMS_BAD_STATE", `there is no node ${path} to dump`);
  }

  async seed(literal: TreeLiteral, path: string): Promise<void> {
    const nodes = nodesOf(literal, path);
    const { tree } = await this.#replica();
    const ops = seedOps(tree, nodes);
    if (ops.length > 0) await this.#edit(ops);
  }

  /** Deletes all nodes below the path, and with `self` its own, whatever their ACLs; watchers hear of each. False: there were none. */
  async clear(path: string, { self }: { readonly self: boolean }): Promise<boolean> {
    for (let left = clearAttemptsMax; left > 0; left -= 1) {
      const doomed = await this.#doomed(path, self);
      if (doomed.length === 0) return left < clearAttemptsMax;
      const { standings, juteMaxBuffer } = this.#options;
      await sendInOrder(deletions(doomed, juteMaxBuffer), (multi) => standings.edited(multi));
      if (await readingOf(standings, (tree) => areGone(tree, doomed))) return true;
    }
    throw new ZkmsError("ZKMS_BAD_STATE", `${path} cannot be cleared: others write below it`, {
      hint: "close the clients first, or ensemble.sessions.expireAll()",
    });
  }

  #doomed(path: string, self: boolean): Promise<string[]> {
    const { standings } = this.#options;
    return readingOf(standings, function* doomed(tree) {
      if (tree.get(path) === undefined) return [];
      const paths = yield* pathsBelow(tree, path);
      if (self && path !== rootPath) paths.push(path);
      return paths;
    });
  }

  async #replica(): Promise<Replica> {
    const leader = await this.#options.standings.leader(undefined);
    return leader.peer?.replica ?? this.#replica();
  }

  async #edit(ops: Iterable<MultiOp>): Promise<void> {
    const client = await this.#options.connectAsSuper();
    try {
      await applyInBatches(client, ops, this.#options.juteMaxBuffer);
    } finally {
      await client[asyncDispose]();
    }
  }
}
