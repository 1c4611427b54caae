// The parent's side of an ensemble that grows.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { asked, ended, letGo } from "./child.ts";
import type { GrownAnswer, GrownOrder } from "./grown.ts";
import { processorMs } from "./processor.ts";

export class GrownProcess implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor() {
    const execArgv = [...process.execArgv, "--expose-gc"];
    this.#child = fork(fileURLToPath(new URL("grown.ts", import.meta.url)), { execArgv });
  }

  /** What it has had of the processors. */
  cpuMs(): number {
    return processorMs(this.#child.pid);
  }

  async do(order: GrownOrder): Promise<Required<GrownAnswer>> {
    const answer = await asked<GrownAnswer>(this.#child, order, "the ensemble's process");
    return { ports: [], bytes: 0, tookMs: 0, pauseMs: 0, workMs: 0, ...answer };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    letGo(this.#child);
    await ended(this.#child);
  }
}
