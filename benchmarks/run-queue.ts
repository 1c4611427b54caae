// How much of a time this thread was ready to run and did not, since other work had the processors.
import { readFileSync } from "node:fs";

export class RunQueue {
  #waitedMs = 0;
  #tookMs = 0;
  #from = { at: 0, waitedMs: 0 };

  resume(): void {
    this.#from = { at: performance.now(), waitedMs: waitedMs() };
  }

  rest(): void {
    this.#tookMs += performance.now() - this.#from.at;
    this.#waitedMs += waitedMs() - this.#from.waitedMs;
  }

  /** A share of the time between `resume` and `rest`; 0 where the system does not tell. */
  get waiting(): number {
    return this.#tookMs === 0 ? 0 : this.#waitedMs / this.#tookMs;
  }
}

/** On Linux (/proc/thread-self/schedstat: on a processor, ready to run, both in ns). */
function waitedMs(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[1]) / 1e6;
  } catch {
    return 0;
  }
}
