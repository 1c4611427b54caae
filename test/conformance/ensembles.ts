// Ensembles of a test's own, to set as it needs them and to stop peers of; the stories share theirs.
import { type Ensemble, type EnsembleOptions, type Peer, startEnsemble } from "../../src/index.ts";
import { onApache } from "../apache/engines.ts";
import { RawClient, type RawClientOptions, type Server } from "./raw-client.ts";
import { type Ask, bodyOf, create, type Place } from "./requests.ts";
import { oursAs } from "./settings.ts";
import { dialect, engine } from "./targets.ts";
import { Transcript } from "./transcript.ts";

/** Three peers of the engine under test. */
export function startThree(options: EnsembleOptions): Promise<Ensemble> {
  if (engine === "apache") return startEnsemble({ ...onApache, peers: 3, ...options });
  const { config, ...ours } = oursAs(dialect);
  return startEnsemble({ ...ours, peers: 3, ...options, config: { ...config, ...options.config } });
}

export const serverOf = ({ host, port }: Peer): Server => ({ host, port });

/** One session, and what it is told in words. zxids count from its first write, which shows where the ensemble was. */
export class Teller {
  readonly client: RawClient;
  readonly base: number;

  private constructor(client: RawClient, base: number) {
    this.client = client;
    this.base = base;
  }

  /** Makes a node by the name of `mark`; whoever counts from an earlier session's base need not. */
  static async open(
    server: Server,
    { base, mark, ...options }: RawClientOptions & { base?: number; mark?: string } = {},
  ): Promise<Teller> {
    const client = await RawClient.open(server, options);
    if (base !== undefined) return new Teller(client, base);
    const place: Place = { base: 0, path: (path) => path };
    const ask = create(mark ?? "/mark");
    const frame = (await client.until(client.send({ ...ask, body: bodyOf(ask, place) }))).at(-1);
    if (frame?.kind !== "reply" || frame.reply.err !== 0) throw new Error("no mark was made");
    return new Teller(client, frame.reply.zxid);
  }

  /** The lines up to the answer, or up to the end. */
  async ask(ask: Ask): Promise<string[]> {
    const { client, base } = this;
    const xid = client.send({ ...ask, body: bodyOf(ask, { base, path: (path) => path }) });
    const frames = ask.until === "close" ? await client.untilClosed() : await client.until(xid);
    const sessions = new Map([[client.session, "me"]]);
    const transcript = new Transcript({ base, folder: "/no-folder", sessions });
    return frames.map((frame) => transcript.line(frame));
  }

  async askAll(asks: readonly Ask[]): Promise<string[]> {
    const lines: string[] = [];
    for (const ask of asks) lines.push((await this.ask(ask)).join(", "));
    return lines;
  }
}
