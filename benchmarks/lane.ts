// One kind of load on one server: some connections, each with a fixed number of requests in flight.
import { Connection } from "./connection.ts";
import { type Kind, nodeCount, script } from "./frames.ts";
import { LatencyHistogram } from "./histogram.ts";

export interface LaneOptions {
  readonly kind: Kind;
  /** Default 100. */
  readonly valueBytes?: number;
  /** One connection each. */
  readonly ports: readonly number[];
  /** false: the limit, which knows no sessions. */
  readonly handshake: boolean;
  /** It sends, and reads no answer. */
  readonly isDeaf?: boolean;
}

export interface Throughput {
  /** Replies per second, once warm. */
  readonly perSecond: number;
  /** Replies from the first request on to the last one, for what is shared out among all of them. */
  readonly replies: number;
  readonly loadBusy: number;
  /** Of each request once warm, as `LatencyHistogram` encodes them. */
  readonly latencies: string;
}

export class Lane {
  readonly #connections: readonly Connection[];
  readonly #latencies: LatencyHistogram;

  private constructor(connections: readonly Connection[], latencies: LatencyHistogram) {
    this.#connections = connections;
    this.#latencies = latencies;
  }

  static async open(lane: string, options: LaneOptions): Promise<Lane> {
    const { kind, valueBytes, ports, handshake, isDeaf = false } = options;
    const latencies = new LatencyHistogram();
    const shared = { lane, script: script(kind, valueBytes), handshake, isDeaf, latencies };
    const connections = ports.map(
      (port, index) => new Connection({ ...shared, port, first: (index * 173) % nodeCount }),
    );
    await Promise.all(connections.map((connection) => connection.opened));
    return new Lane(connections, latencies);
  }

  /** From `warmMs` on for `ms`, and until the last reply is there: a slow server answers many at once, and seldom. */
  async measure(inFlight: number, warmMs: number, ms: number): Promise<Throughput> {
    const first = this.#replies();
    for (const connection of this.#connections) connection.start(inFlight);
    await pass(warmMs);
    this.#latencies.clear();
    const before = this.#replies();
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    await pass(ms);
    await Promise.all(this.#connections.map((connection) => connection.drain()));
    const seconds = (performance.now() - startedAt) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return {
      perSecond: (this.#replies() - before) / seconds,
      replies: this.#replies() - first,
      loadBusy: (user + system) / 1e6 / seconds,
      latencies: this.#latencies.encode(),
    };
  }

  /** `count` requests unless `ms` are over, one in flight in all, on one connection after the other; of each its latency. */
  async roundTrips(count: number, ms: number): Promise<string> {
    this.#latencies.clear();
    const ending = performance.now() + ms;
    for (let index = 0; index < count && performance.now() < ending; index += 1) {
      const connection = this.#connections[index % this.#connections.length];
      if (connection === undefined) break;
      connection.start(1);
      await connection.drain();
    }
    return this.#latencies.encode();
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  #replies(): number {
    return this.#connections.reduce((sum, connection) => sum + connection.replies, 0);
  }
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
