// The parent's side of the load generator.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { asked, letGo } from "./child.ts";
import type { ChurnOptions } from "./churn.ts";
import type { CrowdOptions } from "./crowd.ts";
import type { FanOutOptions } from "./fan-out.ts";
import type { LaneOptions, Throughput } from "./lane.ts";
import type { Answer, Order } from "./load.ts";

const tripsMsMax = 60_000;

export class LoadProcess {
  readonly #child: ChildProcess;

  constructor() {
    // A profile asked for with --cpu-prof is of the servers, not of their load.
    const execArgv = process.execArgv.filter((argument) => !argument.startsWith("--cpu-prof"));
    this.#child = fork(fileURLToPath(new URL("load.ts", import.meta.url)), { execArgv });
  }

  async open(lane: string, options: LaneOptions): Promise<void> {
    await this.#ask({ do: "open", lane, options });
  }

  async openChurn(lane: string, options: ChurnOptions): Promise<void> {
    await this.#ask({ do: "openChurn", lane, options });
  }

  async openFanOut(lane: string, options: FanOutOptions): Promise<void> {
    await this.#ask({ do: "openFanOut", lane, options });
  }

  async grow(options: CrowdOptions): Promise<void> {
    await this.#ask({ do: "grow", options });
  }

  async measure(order: Omit<Order & { do: "measure" }, "do">): Promise<Throughput> {
    return (await this.#ask({ do: "measure", ...order })) as Throughput;
  }

  /** `count` of them unless `ms` are over; the latency of each, as `LatencyHistogram` encodes them. */
  async roundTrips(lane: string, count: number, ms: number = tripsMsMax): Promise<string> {
    return (await this.#ask({ do: "roundTrips", lane, count, ms })) as string;
  }

  async close(lane: string): Promise<void> {
    await this.#ask({ do: "close", lane });
  }

  /** It may have ended by itself. */
  end(): void {
    letGo(this.#child);
  }

  #ask(order: Order): Promise<Answer> {
    return asked(this.#child, order, "the load process");
  }
}
