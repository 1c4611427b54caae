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
/** Of `mntr`: what a server keeps beside the tree. */
const counts = ["zk_znode_count", "zk_watch_count", "zk_ephemerals_count"];

export class Caretaker {
  readonly #options: CaretakerOptions;
  readonly #roots: readonly string[];

  constructor(options: CaretakerOptions) {
    this.#options = options;
    this.#roots = ["", "/zookeeper/quota"].map((root) => root + options.parent);
  }

  async begin(): Promise<void> {
    const [server] = this.#options.servers;
    if (server === undefined) throw new Error("no server");
    const client = await superUser(server);
    for (const path of this.#roots) await asked(client, create(path));
    await client.end();
  }

  /** On every server: each node with its data, Stat, list and children, below the folder and below its quotas. */
  async tree(line: (path: string, frame: Frame) => string, zxid: number): Promise<string[]> {
    const { servers, ownsServers } = this.#options;
    const lines: string[] = [];
    for (const [index, server] of servers.entries()) {
      if (ownsServers) lines.push(...(await figures(server)).map((text) => `${index}: ${text}`));
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
    const [server] = this.#options.servers;
    if (server === undefined) return;
    const client = await superUser(server);
    for (const path of [...this.#roots].reverse()) await clear(client, path);
    for (const path of this.#options.ownsServers ? shared : []) {
      await asked(client, setAcl(path, open));
    }
    await client.end();
  }
}

async function superUser(server: Server): Promise<RawClient> {
  const client = await RawClient.open(server);
  await asked(client, auth("digest", "super:super"));
  return client;
}

async function clear(client: RawClient, path: string): Promise<void> {
  for (const name of await children(client, path)) await clear(client, `${path}/${name}`);
  await asked(client, remove(path));
}

async function children(client: RawClient, path: string): Promise<readonly string[]> {
  const frame = (await asked(client, getChildren(path))).at(-1);
  if (frame?.kind !== "reply" || frame.reply.err !== 0) return [];
  return (frame.reply.body as ChildrenReply).children;
}

function asked(client: RawClient, ask: Ask): Promise<Frame[]> {
  return client.until(client.send({ type: ask.type, xid: ask.xid, body: bodyOf(ask, asIs) }));
}

async function figures(server: Server): Promise<string[]> {
  const text = await askWord(server, "mntr");
  const lines = text.split("\n").filter((line) => counts.includes(line.split("\t")[0] ?? ""));
  return lines.sort(); // they go in no fixed order
}
