// Sessions that come and go: each opens, makes an ephemeral node, and closes.
import { closeSession, createEphemeral } from "./frames.ts";
import { LatencyHistogram } from "./histogram.ts";
import type { Throughput } from "./lane.ts";
import { RawClient } from "./raw-client.ts";

export interface ChurnOptions {
  readonly ports: readonly number[];
}

export class Churn {
  readonly #ports: readonly number[];
  readonly #latencies = new LatencyHistogram();
  #sessions = 0;

  constructor({ ports }: ChurnOptions) {
    this.#ports = ports;
  }

  /** `inFlight` at a time; of each session how long all of it took. */
  async measure(inFlight: number, warmMs: number, ms: number): Promise<Throughput> {
    const first = this.#sessions;
    const ending = performance.now() + warmMs + ms;
    const clients = Array.from({ length: inFlight }, (_, index) => this.#client(index, ending));
    await pass(warmMs);
    this.#latencies.clear();
    const before = this.#sessions;
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    await Promise.all(clients);
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      perSecond: (this.#sessions - before) / seconds,
      replies: this.#sessions - first,
      loadBusy: (user + system) / 1e6 / seconds,
      latencies: this.#latencies.encode(),
    };
  }

  close(): void {}

  async #client(index: number, ending: number): Promise<void> {
    while (performance.now() < ending) await this.#session(index);
  }

  async #session(index: number): Promise<void> {
    const startedAt = performance.now();
    const client = await RawClient.open(this.#ports[index % this.#ports.length] ?? 0);
    const error = (await client.ask(createEphemeral)).readInt32BE(12);
    if (error !== 0) throw new Error(`create an ephemeral: error ${error}`);
    await client.ask(closeSession);
    client.close();
    this.#latencies.record(performance.now() - startedAt);
    this.#sessions += 1;
  }
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
