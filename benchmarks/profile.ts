// Where the processor's time goes while ours is measured: V8's sampling profiler, on in our turns only. The profile of the last
// turn is written as a file that Chrome's and VS Code's tools open; tables of all turns say how much each area took, and which
// functions took most.
import { mkdirSync, writeFileSync } from "node:fs";
import type { Profiler as Protocol } from "node:inspector";
import { Session } from "node:inspector/promises";
import { join } from "node:path";

const intervalMicros = 200;
const hottestMax = 12;

export class Profiler {
  readonly #dir: string;
  readonly #session = new Session();
  #areasMs = new Map<string, number>();
  #functionsMs = new Map<string, number>();

  constructor(dir: string) {
    this.#dir = dir;
    this.#session.connect();
  }

  async resume(): Promise<void> {
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.setSamplingInterval", { interval: intervalMicros });
    await this.#session.post("Profiler.start");
  }

  async rest(name: string): Promise<void> {
    const { profile } = await this.#session.post("Profiler.stop");
    addTimes(this.#areasMs, profile, areaOf);
    addTimes(this.#functionsMs, profile, functionOf);
    mkdirSync(this.#dir, { recursive: true });
    writeFileSync(join(this.#dir, `${name}.cpuprofile`), JSON.stringify(profile));
  }

  /** What was counted is forgotten. */
  take(): Profile {
    const areas = shares(this.#areasMs);
    const hottest = shares(this.#functionsMs).slice(0, hottestMax);
    this.#areasMs = new Map();
    this.#functionsMs = new Map();
    return { areas, hottest };
  }

  end(): void {
    this.#session.disconnect();
  }
}

/** The largest first. */
export interface Profile {
  readonly areas: readonly Share[];
  /** The functions that took most, without what they call. */
  readonly hottest: readonly Share[];
}

/** Of the processor time of our turns, without what was idle. */
export interface Share {
  readonly of: string;
  readonly share: number;
}

type CallFrame = Protocol.ProfileNode["callFrame"];

/** By what its function is called; undefined is left out. */
function addTimes(
  times: Map<string, number>,
  { nodes, samples = [], timeDeltas = [] }: Protocol.Profile,
  nameOf: (frame: CallFrame) => string | undefined,
): void {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  for (const [index, id] of samples.entries()) {
    const name = names.get(id);
    if (name === undefined) continue;
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
}

function shares(times: ReadonlyMap<string, number>): Share[] {
  const all = [...times.values()].reduce((sum, ms) => sum + ms, 0);
  return [...times].map(([of, ms]) => ({ of, share: ms / all })).sort((a, b) => b.share - a.share);
}

/** The first that fits. */
const areas: readonly (readonly [RegExp, string])[] = [
  [/\/src\/core\/(jute|protocol|packets|txn)\//, "bytes into records and back"],
  [/\/src\/core\/quorum\//, "agreeing: proposals, acknowledgements, commits"],
  [/\/src\/core\/tree\//, "the tree and its watches"],
  [/\/src\/core\/session\//, "sessions"],
  [/\/src\/core\/(server|base)\//, "a peer: order of requests, preparing, reading, answering"],
  [/\/src\/core\/(storage|network)\//, "logs and links"],
  [/\/src\/runtime\//, "the driver: turns, chunks, one write a socket"],
  [/\/src\//, "the ensemble around its peers"],
  [/\/benchmarks\//, "the benchmark itself"],
  [/^node:/, "Node's sockets and timers"],
];

/** undefined: idle, or the profiler itself as it starts and stops. */
function areaOf({ functionName, url }: CallFrame): string | undefined {
  if (functionName === "(idle)") return undefined;
  if (functionName === "dispatch" && url === "") return undefined;
  if (functionName === "(garbage collector)") return "the garbage collector";
  if (url === "") return "the kernel and Node's own C++: reading and writing sockets";
  return areas.find(([pattern]) => pattern.test(url))?.[1] ?? "other";
}

/** With the file it is written in, of Node's or the engine's own without one. */
function functionOf(frame: CallFrame): string | undefined {
  if (areaOf(frame) === undefined) return undefined;
  const { functionName, url } = frame;
  const name = functionName === "" ? "(nameless)" : functionName;
  const file = /\/((?:src|benchmarks)\/.*)$/.exec(url)?.[1] ?? url;
  return file === "" ? name : `${name}, ${file}`;
}
