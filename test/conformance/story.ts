// A story: sessions that ask in turn, and beside each question every line that comes of it. It is told to one peer alone and
// to three, where each session has a peer of its own.
import { describe, expect, test } from "vitest";
import { noSession } from "../../src/core/base/ids.ts";
import { RawClient, type Server } from "./raw-client.ts";
import { type Ask, bodyOf, create, type Place } from "./requests.ts";
import { dialect, target } from "./targets.ts";
import { Transcript } from "./transcript.ts";

/** What is asked, and the lines that follow: events and the answer; those of other sessions with their name before. */
export type Step = readonly [ask: Ask, ...lines: readonly string[]];

export interface StoryOptions {
  /** Asked before the first step; each must succeed. */
  readonly given?: readonly Ask[];
  /** Where the story is told; default: both. */
  readonly only?: "alone" | "three";
  /** The version that answers so; default: both. */
  readonly as?: "3.8" | "3.9";
}

/** Registers the story as a test for every place where it is told. */
export function story(what: string, steps: readonly Step[], options: StoryOptions = {}): void {
  const { only, as = dialect } = options;
  if (as !== dialect) return;
  const places = (["alone", "three"] as const).filter((place) => (only ?? place) === place);
  for (const place of places) {
    test(`${what} (${place === "alone" ? "one peer" : "three peers"})`, async () => {
      const { alone, three } = await target();
      const told = await tell(place === "alone" ? [alone] : three, steps, options.given ?? []);
      expect(told).toEqual(steps.map(([, ...lines]) => lines.map(inDialect)));
    });
  }
}

/** Stories that share their beginning. */
export function stories(
  what: string,
  rows: readonly (readonly [what: string, ...steps: readonly Step[]])[],
  options: StoryOptions = {},
): void {
  const { as = dialect } = options;
  if (as !== dialect) return;
  describe(what, () => {
    for (const [name, ...steps] of rows) story(name, steps, options);
  });
}

/** Events are written with their zxid, as in 3.9; in 3.8 they have none. */
const inDialect = (line: string): string =>
  dialect === "3.9" ? line : line.replace(numberedEvent, "$1");
const numberedEvent = /^((?:\w: )?(?:created|deleted|dataChanged|childrenChanged) .*) @-?\d+$/;

let count = 0;

/** What came of each step, line by line. */
async function tell(
  servers: readonly Server[],
  steps: readonly Step[],
  given: readonly Ask[],
): Promise<string[][]> {
  count += 1;
  const folder = `/${process.pid}-${count}`;
  const cast = new Cast(folder);
  const names = new Set(["a", ...[...given, ...steps.map(([ask]) => ask)].map(({ by }) => by)]);
  const [leader, ...followers] = servers as readonly [Server, ...Server[]];
  try {
    if (followers.length > 0) await cast.attend(leader);
    // "a" is on a follower where there are three: the longest way to a transaction.
    const places = [...followers, leader];
    for (const [index, name] of [...names].sort().entries()) {
      await cast.enter(name, places[index % places.length] as Server);
    }
    await cast.prepare([create("$"), ...given]);
    const told: string[][] = [];
    for (const [ask] of steps) told.push(await cast.play(ask));
    return told;
  } finally {
    await cast.leave();
  }
}

class Cast {
  readonly #clients = new Map<string, RawClient>();
  /**
   * Asks for nothing. The leader checks a request against what it has applied itself, and Apache's sends COMMIT first
   * (Leader.tryToCommit): a follower's answer may be ahead of a quota's count.
   */
  #atLeader: RawClient | undefined;
  readonly #folder: string;
  #base = 0;
  /** The highest zxid that anybody was answered with. */
  #reached = 0;
  #transcript: Transcript;

  constructor(folder: string) {
    this.#folder = folder;
    this.#transcript = this.#newTranscript();
  }

  async enter(name: string, server: Server): Promise<void> {
    this.#clients.set(name, await RawClient.open(server));
  }

  async attend(leader: Server): Promise<void> {
    this.#atLeader = await RawClient.open(leader);
  }

  /** The last zxid that any of this is answered with is the story's zero. */
  async prepare(asks: readonly Ask[]): Promise<void> {
    for (const ask of asks) {
      const client = this.#client(ask.by);
      const xid = client.send({ ...ask, body: bodyOf(ask, this.#place) });
      const frame = (await client.until(xid)).at(-1);
      if (frame?.kind !== "reply" || frame.reply.err !== 0) {
        throw new Error(`given, but not so: ${frame && this.#transcript.line(frame)}`);
      }
      this.#base = Math.max(this.#base, frame.reply.zxid);
    }
    this.#reached = this.#base;
    await this.#settle();
    this.#transcript = this.#newTranscript();
  }

  async play(ask: Ask): Promise<string[]> {
    const client = this.#client(ask.by);
    const xid = client.send({ ...ask, body: bodyOf(ask, this.#place) });
    const frames = ask.until === "close" ? await client.untilClosed() : await client.until(xid);
    for (const frame of frames) {
      if (frame.kind === "reply") this.#reached = Math.max(this.#reached, frame.reply.zxid);
    }
    const lines = frames.map((frame) => this.#line(ask.by, frame));
    return [...lines, ...(await this.#settle())];
  }

  /** What each session has heard by the time that everything so far has reached its peer, and the leader. */
  async #settle(): Promise<string[]> {
    await this.#atLeader?.caughtUp(this.#reached);
    const lines: string[] = [];
    for (const [name, client] of this.#clients) {
      if (client.isClosed) continue;
      const heard = await client.caughtUp(this.#reached);
      lines.push(...heard.map((frame) => this.#line(name, frame)));
    }
    return lines;
  }

  async leave(): Promise<void> {
    await this.#atLeader?.end();
    for (const client of this.#clients.values()) await client.end();
  }

  get #place(): Place {
    return { base: this.#base, path: (path) => path.replace("$", this.#folder) };
  }

  #client(name: string): RawClient {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`nobody is called ${name}`);
    return client;
  }

  #line(name: string, frame: Parameters<Transcript["line"]>[0]): string {
    const line = this.#transcript.line(frame);
    return name === "a" ? line : `${name}: ${line}`;
  }

  #newTranscript(): Transcript {
    const sessions = new Map([...this.#clients].map(([name, { session }]) => [session, name]));
    sessions.delete(noSession);
    return new Transcript({ base: this.#base, folder: this.#folder, sessions });
  }
}
