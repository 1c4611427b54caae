// The parent's side of an ensemble that grows.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
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
    const exited = new AbortController();
    const died = (code: number | null): void =>
      exited.abort(new Error(`the ensemble's process ended with ${code}`));
    this.#child.once("exit", died);
    this.#child.send(order);
    try {
      const [answer] = await once(this.#child, "message", { signal: exited.signal });
      return { ports: [], bytes: 0, tookMs: 0, pauseMs: 0, workMs: 0, ...answer };
    } finally {
      this.#child.off("exit", died);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.disconnect();
    await exit;
  }
}
