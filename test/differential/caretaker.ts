// The super user, who looks after the servers before and behind a plan: makes room, shows the whole tree, clears up.
import type { ChildrenReply } from "../../src/core/protocol/replies.ts";
import { ask as askWord, type Frame, RawClient, type Server } from "../conformance/raw-client.ts";
import {
  type Ask,
  auth,
  bodyOf,
  create,
  getAcl,
  getChildren,
  getData,
  open,
  remove,
  setAcl,
} from "../conformance/requests.ts";

interface CaretakerOptions {
  readonly servers: readonly Server[];
  /** Where the plan has its folder. */
  readonly parent: string;
  readonly ownsServers: boolean;
}

const asIs = { base: 0, path: (path: string) => path };
/** What plans may change though it is not theirs. */
const shared = ["/", "/zookeeper", "/zookeeper/quota"];
/** Of `mntr`: what a server keeps beside the tree, and by how much that is more than before. */
const counts = [
  "zk_approximate_data_size",
  "zk_ephemerals_count",
  "zk_watch_count",
  "zk_znode_count",
] as const;

export class Caretaker {
  readonly #options: CaretakerOptions;
  readonly #roots: readonly string[];
  /** Of each server. */
  #before: readonly (readonly number[])[] = [];

  constructor(options: CaretakerOptions) {
    this.#options = options;
    this.#roots = ["", "/zookeeper/quota"].map((root) => root + options.parent);
  }

  async begin(): Promise<void> {
    const zxid = await this.make(this.#roots);
    if (this.#options.ownsServers) this.#before = await this.#figures(zxid);
  }

  /** Makes nodes, and returns the zxid of the last. */
  make(paths: readonly string[]): Promise<number> {
    return this.#visit(async (client) => {
      let zxid = 0;
      for (const path of paths) zxid = await zxidOf(client, create(path));
      return zxid;
    });
  }

  /** Deletes all that is at or below the paths, and returns the zxid of the last delete. */
  clear(paths: readonly string[]): Promise<number> {
    return this.#visit(async (client) => {
      let zxid = 0;
      for (const path of paths) zxid = await clear(client, path);
      return zxid;
    });
  }

  /** On every server: each node with its data, Stat, list and children, below the folder and below its quotas. */
  async tree(line: (path: string, frame: Frame) => string, zxid: number): Promise<string[]> {
    const { servers, ownsServers } = this.#options;
    const lines: string[] = [];
    const after = ownsServers ? await this.#figures(zxid) : [];
    for (const [index, server] of servers.entries()) {
      for (const [at, figure] of (after[index] ?? []).entries()) {
        lines.push(`${index}: ${counts[at]} +${figure - (this.#before[index]?.[at] ?? 0)}`);
      }
      const client = await superUser(server);
      await client.caughtUp(zxid);
      const found: string[] = [];
      const waiting = [...this.#roots];
      for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
        for (const ask of [getData(path), getAcl(path)]) {
          for (const frame of await asked(client, ask)) found.push(line(path, frame));
        }
        for (const name of await children(client, path)) waiting.push(`${path}/${name}`);
      }
      lines.push(...found.sort().map((text) => `${index}: ${text}`));
      await client.end();
    }
    return lines;
  }

  async end(): Promise<void> {
    await this.clear([...this.#roots].reverse());
    if (!this.#options.ownsServers) return;
    await this.#visit(async (client) => {
      for (const path of shared) await asked(client, setAcl(path, open));
    });
  }

  /** At the first server. */
  async #visit<T>(visit: (client: RawClient) => Promise<T>): Promise<T> {
    const [server] = this.#options.servers;
    if (server === undefined) throw new Error("no server");
    const client = await superUser(server);
    const result = await visit(client);
    await client.end();
    return result;
  }

  async #figures(zxid: number): Promise<number[][]> {
    const figures: number[][] = [];
    for (const server of this.#options.servers) {
      const client = await superUser(server);
      await client.caughtUp(zxid);
      await client.end();
      const text = await askWord(server, "mntr");
      figures.push(counts.map((key) => figureOf(text, key)));
    }
    return figures;
  }
}

async function superUser(server: Server): Promise<RawClient> {
  const client = await RawClient.open(server);
  await asked(client, auth("digest", "super:super"));
  return client;
}

async function clear(client: RawClient, path: string): Promise<number> {
  for (const name of await children(client, path)) await clear(client, `${path}/${name}`);
  return await zxidOf(client, remove(path));
}

async function zxidOf(client: RawClient, ask: Ask): Promise<number> {
  const frame = (await asked(client, ask)).at(-1);
  return frame?.kind === "reply" ? frame.reply.zxid : 0;
}

async function children(client: RawClient, path: string): Promise<readonly string[]> {
  const frame = (await asked(client, getChildren(path))).at(-1);
  if (frame?.kind !== "reply" || frame.reply.err !== 0) return [];
  return (frame.reply.body as ChildrenReply).children;
}

function asked(client: RawClient, ask: Ask): Promise<Frame[]> {
  return client.until(client.send({ type: ask.type, xid: ask.xid, body: bodyOf(ask, asIs) }));
}

function figureOf(text: string, key: string): number {
  const [, figure] = new RegExp(`^${key}\t(-?\\d+)$`, "m").exec(text) ?? [];
  if (figure === undefined) throw new Error(`mntr says nothing of ${key}`);
  return Number(figure);
}
