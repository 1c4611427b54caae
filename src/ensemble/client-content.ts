import type { ZooKeeperClient } from "../client/index.ts";
import { childPath, rootPath } from "../core/tree/path.ts";
import type { TreeLiteral } from "./api.ts";
import { asyncDispose } from "./disposal.ts";
import { ZkmsError } from "./errors.ts";
import { badOption } from "./given.ts";
import { isPath, literalData, nodesOf } from "./tree-literal.ts";

/** What the tree holds, read and changed as any client would: for peers that are not ours, or not in this process. */
export class ClientContent {
  readonly #connect: () => Promise<ZooKeeperClient>;

  constructor(connect: () => Promise<ZooKeeperClient>) {
    this.#connect = connect;
  }

  dump(path: string): Promise<TreeLiteral> {
    if (!isPath(path)) throw badOption("path", path, "is no path of a znode");
    return this.#with(async (client) => {
      await client.sync(path);
      if ((await client.exists(path)) === null) {
        throw new ZkmsError("ZKMS_BAD_STATE", `there is no node ${path} to dump`);
      }
      return await literalOf(client, path);
    });
  }

  seed(literal: TreeLiteral, path: string): Promise<void> {
    const nodes = nodesOf(literal, path);
    return this.#with(async (client) => {
      for (const { path: at, data } of nodes) {
        if ((await client.exists(at)) === null) await client.create(at, data, { parents: true });
        else if (data !== undefined) await client.set(at, data);
      }
    });
  }

  /** Deletes all nodes below the path, and with `self` its own. False: there were none. */
  clear(path: string, { self }: { readonly self: boolean }): Promise<boolean> {
    return this.#with(async (client) => {
      if ((await client.exists(path)) === null) return false;
      const isWhole = self && path !== rootPath;
      const doomed = isWhole
        ? [path]
        : (await childrenOf(client, path)).map((name) => childPath(path, name));
      for (const top of doomed) await client.delete(top, { recursive: true });
      return doomed.length > 0;
    });
  }

  async #with<T>(action: (client: ZooKeeperClient) => Promise<T>): Promise<T> {
    const client = await this.#connect();
    try {
      return await action(client);
    } finally {
      await client[asyncDispose]();
    }
  }
}

/** The server's own nodes belong to no literal. */
async function childrenOf(client: ZooKeeperClient, path: string): Promise<string[]> {
  const { children } = await client.children(path);
  return children.filter((name) => path !== rootPath || name !== "zookeeper").sort();
}

async function literalOf(client: ZooKeeperClient, path: string): Promise<TreeLiteral> {
  const literal: TreeLiteral = {};
  const { data } = await client.get(path);
  if (data.length > 0) literal[""] = literalData(data) ?? "";
  for (const name of await childrenOf(client, path)) {
    const child = childPath(path, name);
    const { data: own, stat } = await client.get(child);
    literal[name] = stat.numChildren === 0 ? literalData(own) : await literalOf(client, child);
  }
  return literal;
}
