// Where the processor's time goes while ours is measured: V8's sampling profiler, on in our turns only. The profile of the last
// turn is written as a file that Chrome's and VS Code's tools open; a table of all turns says how much each area took.
import { mkdirSync, writeFileSync } from "node:fs";
import type { Profiler as Protocol } from "node:inspector";
import { Session } from "node:inspector/promises";
import { join } from "node:path";

const intervalMicros = 200;

export class Profiler {
  readonly #dir: string;
  readonly #session = new Session();
  #selfMs = new Map<string, number>();

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
    for (const [area, ms] of timesOf(profile)) {
      this.#selfMs.set(area, (this.#selfMs.get(area) ?? 0) + ms);
    }
    mkdirSync(this.#dir, { recursive: true });
    writeFileSync(join(this.#dir, `${name}.cpuprofile`), JSON.stringify(profile));
  }

  /** Each area's share, the largest first; what was counted is forgotten. */
  take(): readonly Share[] {
    const times = [...this.#selfMs];
    this.#selfMs = new Map();
    const all = times.reduce((sum, [, ms]) => sum + ms, 0);
    return times.map(([area, ms]) => ({ area, share: ms / all })).sort((a, b) => b.share - a.share);
  }

  end(): void {
    this.#session.disconnect();
  }
}

/** Of the processor time of our turns, without what was idle. */
export interface Share {
  readonly area: string;
  readonly share: number;
}

export function timesOf({
  nodes,
  samples = [],
  timeDeltas = [],
}: Protocol.Profile): Map<string, number> {
  const areas = new Map(nodes.map(({ id, callFrame }) => [id, areaOf(callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const area = areas.get(id);
    if (area === undefined) continue;
    times.set(area, (times.get(area) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  }
  return times;
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
function areaOf({ functionName, url }: Protocol.ProfileNode["callFrame"]): string | undefined {
  if (functionName === "(idle)") return undefined;
  if (functionName === "dispatch" && url === "") return undefined;
  if (functionName === "(garbage collector)") return "the garbage collector";
  if (url === "") return "the kernel and Node's own C++: reading and writing sockets";
  return areas.find(([pattern]) => pattern.test(url))?.[1] ?? "other";
}
