// Plays a plan on one engine and tells everything that came of it, in words that another engine can be held to.
import type { SessionId } from "../../src/core/base/ids.ts";
import type { ChildrenReply } from "../../src/core/protocol/replies.ts";
import { type Frame, RawClient, type Server } from "../conformance/raw-client.ts";
import {
  type Ask,
  auth,
  bodyOf,
  create,
  getAcl,
  getChildren,
  getData,
  open,
  type Place,
  ping,
  remove,
  setAcl,
} from "../conformance/requests.ts";
import { Transcript } from "../conformance/transcript.ts";
import { actors, type Turn } from "./plan.ts";

/** What a turn brought: each line with the session that heard it. */
export type Told = readonly string[];

export interface PlayOptions {
  readonly servers: readonly Server[];
  readonly folder: string;
  readonly turns: readonly Turn[];
  readonly ownsServers: boolean;
}

/** One entry a turn, and a last one that is the whole tree. */
export async function play(options: PlayOptions): Promise<Told[]> {
  const { turns } = options;
  const player = new Player(options);
  try {
    await player.begin();
    const told: Told[] = [];
    for (const turn of turns) told.push(await player.turn(turn));
    told.push(await player.tree());
    return told;
  } finally {
    await player.end();
  }
}

class Player {
  readonly #servers: readonly Server[];
  readonly #ownsServers: boolean;
  readonly #place: { base: number; path: (path: string) => string };
  readonly #parent: string;
  readonly #folder: string;
  readonly #clients = new Map<string, RawClient>();
  readonly #names = new Map<SessionId, string>();
  #transcript: Transcript;
  #generation = 0;
  /** The highest zxid that anybody was answered with. */
  #reached = 0;

  constructor({ servers, folder, ownsServers }: PlayOptions) {
    this.#servers = servers;
    this.#parent = folder;
    this.#folder = `${folder}/x`;
    this.#ownsServers = ownsServers;
    this.#place = { base: 0, path: (path) => path.replace("$", this.#folder) };
    this.#transcript = this.#newTranscript();
  }

  async begin(): Promise<void> {
    for (const name of actors) await this.#open(name);
    const client = this.#clientOf("a");
    // One step down, so that what stands beside the folder is its own too: "$" in a sequence makes siblings.
    for (const root of ["", "/zookeeper/quota"]) {
      await this.#asked(client, create(`${root}${this.#parent}`));
    }
    const frames = await client.until(this.#send(client, create("$")));
    const made = frames.at(-1);
    if (made?.kind !== "reply" || made.reply.err !== 0) throw new Error(`no ${this.#folder}`);
    this.#place.base = made.reply.zxid;
    this.#transcript = this.#newTranscript();
    await this.#settle();
  }

  async turn(turn: Turn): Promise<Told> {
    const { by } = turn;
    const client = this.#clientOf(by);
    const lines: string[] = [];
    switch (turn.kind) {
      case "ask":
        for (const ask of turn.asks) this.#send(client, ask);
        lines.push(
          ...(await this.#answers(client, turn.asks.length)).map((frame) => this.#line(by, frame)),
        );
        break;
      case "reconnect":
        client.socket.destroy();
        await client.untilClosed();
        this.#clients.set(by, await reconnected(client));
        break;
      case "renew":
        await client.end();
        await this.#open(by);
        this.#note(await this.#asked(this.#clientOf(by), ping()));
        break;
    }
    const heard = await this.#settle();
    // The ephemerals of a session go in no fixed order.
    return [...lines, ...(turn.kind === "renew" ? heard.sort() : heard)];
  }

  /** Every node with its data, Stat, list and children, below the folder and below its quotas. */
  async tree(): Promise<Told> {
    const superUser = await this.#superUser();
    const lines: string[] = [];
    const waiting = ["$", "/zookeeper/quota$"];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      for (const ask of [getData(path), getAcl(path)]) {
        lines.push(
          ...(await this.#asked(superUser, ask)).map(
            (frame) => `${path}: ${this.#line("", frame)}`,
          ),
        );
      }
      for (const name of await this.#children(superUser, path)) waiting.push(`${path}/${name}`);
    }
    await superUser.end();
    return lines.sort();
  }

  async end(): Promise<void> {
    for (const client of this.#clients.values()) await client.end();
    const superUser = await this.#superUser();
    await this.#clear(superUser, `/zookeeper/quota${this.#parent}`);
    await this.#clear(superUser, this.#parent);
    const shared = this.#ownsServers ? ["/", "/zookeeper", "/zookeeper/quota"] : [];
    for (const path of shared) await this.#asked(superUser, setAcl(path, open));
    await superUser.end();
  }

  async #superUser(): Promise<RawClient> {
    const client = await RawClient.open(this.#serverOf("a"));
    await this.#asked(client, auth("digest", "super:super"));
    return client;
  }

  async #clear(client: RawClient, path: string): Promise<void> {
    for (const name of await this.#children(client, path))
      await this.#clear(client, `${path}/${name}`);
    await this.#asked(client, remove(path));
  }

  async #children(client: RawClient, path: string): Promise<readonly string[]> {
    const frame = (await this.#asked(client, getChildren(path))).at(-1);
    if (frame?.kind !== "reply" || frame.reply.err !== 0) return [];
    return (frame.reply.body as ChildrenReply).children;
  }

  #asked(client: RawClient, ask: Ask): Promise<Frame[]> {
    return client.until(this.#send(client, ask));
  }

  #send(client: RawClient, ask: Ask): number {
    return client.send({ type: ask.type, xid: ask.xid, body: bodyOf(ask, this.#place as Place) });
  }

  async #answers(client: RawClient, count: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    for (let answered = 0; answered < count && !client.isClosed; ) {
      const frame = await client.next();
      frames.push(frame);
      if (frame.kind === "reply") answered += 1;
    }
    this.#note(frames);
    return frames;
  }

  #note(frames: readonly Frame[]): void {
    for (const frame of frames) {
      if (frame.kind === "reply") this.#reached = Math.max(this.#reached, frame.reply.zxid);
    }
  }

  async #settle(): Promise<string[]> {
    const lines: string[] = [];
    for (const [name, client] of this.#clients) {
      const heard = await client.caughtUp(this.#reached);
      lines.push(...heard.map((frame) => this.#line(name, frame)));
    }
    return lines;
  }

  async #open(name: string): Promise<void> {
    const client = await RawClient.open(this.#serverOf(name));
    this.#generation += 1;
    this.#names.set(client.session, `${name}${this.#generation}`);
    this.#clients.set(name, client);
  }

  #serverOf(name: string): Server {
    const index = (actors as readonly string[]).indexOf(name);
    return this.#servers[index % this.#servers.length] as Server;
  }

  #clientOf(name: string): RawClient {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`nobody is called ${name}`);
    return client;
  }

  #line(name: string, frame: Frame): string {
    return `${name}: ${this.#transcript.line(frame)}`;
  }

  #newTranscript(): Transcript {
    return new Transcript({
      base: this.#place.base,
      sortsAcls: true,
      hidesPast: true,
      folder: this.#folder,
      sessions: this.#names,
    });
  }
}

async function reconnected(client: RawClient): Promise<RawClient> {
  const { session, response, server } = client;
  return await RawClient.open(server, { session, password: response.password });
}
