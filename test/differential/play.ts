// Plays a plan on one engine and tells everything that came of it, in words that another engine can be held to.
import type { SessionId } from "../../src/core/base/ids.ts";
import { type Frame, RawClient, type Server } from "../conformance/raw-client.ts";
import {
  type Ask,
  bodyOf,
  closeSession,
  create,
  type Place,
  ping,
} from "../conformance/requests.ts";
import { Transcript } from "../conformance/transcript.ts";
import { Caretaker } from "./caretaker.ts";
import { actors, type Turn } from "./plan.ts";

/** What a turn brought: each line with the session that heard it. */
export type Told = readonly string[];

export interface PlayOptions {
  readonly servers: readonly Server[];
  readonly folder: string;
  readonly turns: readonly Turn[];
  readonly ownsServers: boolean;
}

/** Of a session that is to expire: longer than a busy machine takes for what it asks before, or it would expire too early. */
const shortTimeout = 3000;

/** A server that is not there any more: what is told of it ends with this. */
export const gone = "the server is gone";

/** One entry a turn, and a last one that is the whole tree as every server has it. */
export async function play(options: PlayOptions): Promise<Told[]> {
  const player = new Player(options);
  const told: Told[] = [];
  try {
    await player.begin();
    for (const turn of options.turns) told.push(await player.turn(turn));
    told.push(await player.tree());
  } catch (error) {
    told.push([gone, error instanceof Error ? (error.stack ?? error.message) : String(error)]);
  }
  // Where a server is gone this fails too, and it has been told already.
  await player.end().catch(() => {});
  return told;
}

class Player {
  readonly #servers: readonly Server[];
  readonly #parent: string;
  readonly #place: { base: number; path: (path: string) => string };
  readonly #folder: string;
  readonly #clients = new Map<string, RawClient>();
  readonly #names = new Map<SessionId, string>();
  readonly #caretaker: Caretaker;
  #transcript: Transcript;
  #generation = 0;
  /** The highest zxid that anybody was answered with. */
  #reached = 0;

  constructor({ servers, folder, ownsServers }: PlayOptions) {
    this.#servers = servers;
    // One step down, so that what stands beside the folder is its own too: "$" in a sequence makes siblings.
    this.#parent = folder;
    this.#folder = `${folder}/x`;
    this.#place = { base: 0, path: (path) => path.replace("$", this.#folder) };
    this.#caretaker = new Caretaker({ servers, parent: folder, ownsServers });
    this.#transcript = this.#newTranscript();
  }

  async begin(): Promise<void> {
    await this.#caretaker.begin();
    for (const [index, name] of actors.entries()) await this.#open(name, index);
    const client = this.#clientOf("a");
    const made = (await this.#asked(client, create("$"))).at(-1);
    if (made?.kind !== "reply" || made.reply.err !== 0) throw new Error(`no ${this.#folder}`);
    this.#place.base = made.reply.zxid;
    this.#transcript = this.#newTranscript();
    await this.#settle();
  }

  async turn(turn: Turn): Promise<Told> {
    switch (turn.kind) {
      case "ask":
        return await this.#ask(turn);
      case "reconnect":
        return await this.#reconnect(turn);
      case "renew":
        return await this.#renew(turn);
      case "expire":
        return await this.#expire(turn);
      case "storm":
        return await this.#storm(turn);
    }
  }

  tree(): Promise<Told> {
    const line = (path: string, frame: Frame): string =>
      this.#line(path.replace(this.#folder, "$"), frame);
    return this.#caretaker.tree(line, this.#reached);
  }

  async end(): Promise<void> {
    for (const client of this.#clients.values()) await client.end();
    await this.#caretaker.end();
  }

  async #ask({ by, asks }: Turn & { readonly kind: "ask" }): Promise<Told> {
    const client = this.#clientOf(by);
    const frames = await this.#answers(client, asks);
    const lines = frames.map((frame) => this.#line(by, frame));
    // The last words have been spoken: the session goes on over another connection.
    if (client.isClosed) lines.push(await this.#again(by, client));
    return [...lines, ...(await this.#settle())];
  }

  async #reconnect({
    by,
    to,
    knowsPassword,
  }: Turn & { readonly kind: "reconnect" }): Promise<Told> {
    const client = this.#clientOf(by);
    const lines: string[] = [];
    client.socket.destroy();
    await client.untilClosed();
    if (!knowsPassword) {
      const { session } = client;
      const refused = await RawClient.open(this.#serverAt(to), { session });
      lines.push(`${by}: refused, timeout ${refused.response.timeout}`);
      refused.socket.destroy();
    }
    lines.push(await this.#again(by, client, this.#serverAt(to)));
    return [...lines, ...(await this.#settle())];
  }

  async #renew({ by, asks, to, timeout }: Turn & { readonly kind: "renew" }): Promise<Told> {
    const client = this.#clientOf(by);
    const before = await this.#answers(client, [...asks, closeSession()]);
    this.#clients.delete(by);
    const lines = before.map((frame) => this.#line(by, frame));
    lines.push(await this.#open(by, to, timeout));
    const greeting = await this.#asked(this.#clientOf(by), ping());
    this.#note(greeting);
    lines.push(...greeting.map((frame) => this.#line(by, frame)));
    const heard = await this.#settle();
    // The ephemerals of a session go in no fixed order.
    return [...lines.sort(), ...heard.sort()];
  }

  async #expire({ by, asks, to }: Turn & { readonly kind: "expire" }): Promise<Told> {
    const opened = await this.#open(by, to, shortTimeout);
    const client = this.#clientOf(by);
    const frames = await this.#answers(client, asks);
    const lines = [opened, ...frames.map((frame) => this.#line(by, frame))];
    client.socket.destroy();
    await client.untilClosed();
    this.#clients.delete(by);
    lines.push(...(await this.#settle()));
    this.#reached += 1; // the end of the session, which nobody else's transaction can be
    const heard = await this.#settle();
    const { session, response } = client;
    const late = await RawClient.open(this.#serverAt(to), { session, password: response.password });
    return [...lines, ...heard.sort(), `${by}: refused, timeout ${late.response.timeout}`];
  }

  /** Which zxids they get is chance; how many they get is not. */
  async #storm({ asks }: Turn & { readonly kind: "storm" }): Promise<Told> {
    const storm = `${this.#parent}/storm-`;
    const folders = new Map(actors.map((name) => [name, storm + name]));
    const made = [...folders.values()].flatMap((folder) => [folder, `${folder}/x`]);
    this.#reached = await this.#caretaker.make(made);
    await this.#settle();
    const told = await Promise.all(
      [...folders].map(async ([name, folder]) => {
        const place = {
          base: this.#place.base,
          path: (path: string) => path.replace("$", `${folder}/x`),
        };
        const own = asks.filter(({ by }) => by === name);
        const frames = await this.#answers(this.#clientOf(name), own, place);
        const heard = frames.filter((frame) => !isOf(frame, storm) || isOf(frame, folder));
        return heard.map((frame) => this.#line(name, frame).replaceAll(/@(?:-?\d+|past)/g, "@"));
      }),
    );
    await this.#settle();
    this.#reached = await this.#caretaker.clear([...folders.values()]);
    await this.#settle();
    return told.flat();
  }

  async #answers(client: RawClient, asks: readonly Ask[], place?: Place): Promise<Frame[]> {
    for (const ask of asks) this.#send(client, ask, place);
    const frames: Frame[] = [];
    const untilClosed = asks.at(-1)?.until === "close";
    for (let answered = 0; (untilClosed || answered < asks.length) && !client.isClosed; ) {
      const frame = await client.next();
      frames.push(frame);
      if (frame.kind === "reply") answered += 1;
    }
    this.#note(frames);
    return frames;
  }

  #asked(client: RawClient, ask: Ask): Promise<Frame[]> {
    return client.until(this.#send(client, ask));
  }

  #send(client: RawClient, ask: Ask, place: Place = this.#place): number {
    return client.send({ type: ask.type, xid: ask.xid, body: bodyOf(ask, place) });
  }

  #note(frames: readonly Frame[]): void {
    for (const frame of frames) {
      if (frame.kind === "reply") this.#reached = Math.max(this.#reached, frame.reply.zxid);
    }
  }

  /** What each session has heard by the time that its server has come to the highest zxid known. */
  async #settle(): Promise<string[]> {
    const heard = await Promise.all(
      [...this.#clients].map(async ([name, client]) => {
        const frames = await client.caughtUp(this.#reached);
        return frames.map((frame) => this.#line(name, frame));
      }),
    );
    return heard.flat();
  }

  async #open(name: string, at: number, timeout = 30_000): Promise<string> {
    const client = await RawClient.open(this.#serverAt(at), { timeout });
    this.#generation += 1;
    this.#names.set(client.session, `${name}${this.#generation}`);
    this.#clients.set(name, client);
    return `${name}: begins, timeout ${client.response.timeout}`;
  }

  async #again(name: string, gone: RawClient, server = gone.server): Promise<string> {
    const { session, response } = gone;
    const client = await RawClient.open(server, { session, password: response.password });
    this.#clients.set(name, client);
    const same = client.session === session ? "the same session" : "another session";
    return `${name}: again ${same}, timeout ${client.response.timeout}`;
  }

  #serverAt(index: number): Server {
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

const isOf = (frame: Frame, path: string): boolean =>
  frame.kind === "event" && frame.event.path.startsWith(path);
