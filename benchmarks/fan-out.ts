// One write told to many watchers, each a session of its own: from the write's frame to the last event.
import { getData, nodePath, setData } from "./frames.ts";
import { LatencyHistogram } from "./histogram.ts";
import type { Throughput } from "./lane.ts";
import { RawClient } from "./raw-client.ts";

export interface FanOutOptions {
  readonly ports: readonly number[];
  readonly watchers: number;
}

const path = nodePath(0);
const write = setData(path);
const watch = getData(path, true);
const openedAtOnce = 100;

export class FanOut {
  readonly #writer: RawClient;
  readonly #watchers: readonly RawClient[];
  readonly #latencies = new LatencyHistogram();

  private constructor(writer: RawClient, watchers: readonly RawClient[]) {
    this.#writer = writer;
    this.#watchers = watchers;
  }

  static async open({ ports, watchers: count }: FanOutOptions): Promise<FanOut> {
    const port = (index: number): number => ports[index % ports.length] ?? 0;
    const watchers: RawClient[] = [];
    for (let first = 0; first < count; first += openedAtOnce) {
      const size = Math.min(openedAtOnce, count - first);
      const opening = Array.from({ length: size }, (_, i) => RawClient.open(port(first + i)));
      watchers.push(...(await Promise.all(opening)));
    }
    return new FanOut(await RawClient.open(port(0)), watchers);
  }

  /** Events per second of the time from each write to its last event; one write at a time. Replies are events. */
  async measure(_inFlight: number, warmMs: number, ms: number): Promise<Throughput> {
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    let writes = 0;
    while (performance.now() < startedAt + warmMs) {
      await this.#once();
      writes += 1;
    }
    this.#latencies.clear();
    const times: number[] = [];
    while (times.length === 0 || performance.now() < startedAt + warmMs + ms) {
      times.push(await this.#once());
    }
    writes += times.length;
    const seconds = times.reduce((sum, time) => sum + time, 0) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      perSecond: (times.length * this.#watchers.length) / seconds,
      replies: writes * this.#watchers.length,
      loadBusy: (user + system) / 1000 / (performance.now() - startedAt),
      latencies: this.#latencies.encode(),
    };
  }

  close(): void {
    for (const client of [this.#writer, ...this.#watchers]) client.close();
  }

  /** Every watcher watches again before the write: that is not timed. */
  async #once(): Promise<number> {
    await Promise.all(this.#watchers.map((watcher) => watcher.ask(watch)));
    const told = Promise.all(this.#watchers.map((watcher) => watcher.event()));
    const startedAt = performance.now();
    const written = this.#writer.ask(write);
    await told;
    const time = performance.now() - startedAt;
    this.#latencies.record(time);
    await written;
    return time;
  }
}
