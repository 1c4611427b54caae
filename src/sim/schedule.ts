import { type Due, Heap } from "../core/base/heap.ts";
import type { Prng } from "../core/base/prng.ts";

interface Task extends Due {
  readonly run: () => void;
}

/** Tasks at one instant, the most before it must pass: more is a livelock. */
const tasksPerInstantMax = 100_000;

/** Virtual time: it jumps to the next due task, and among those due at one instant the seed chooses, or who came first. */
export class Schedule {
  now = 0;
  readonly #tasks = new Heap<Task>();
  /** undefined: in the order of arrival. */
  readonly #prng: Prng | undefined;
  #count = 0;
  #atThisInstant = 0;

  constructor(prng: Prng | undefined) {
    this.#prng = prng;
  }

  get length(): number {
    return this.#tasks.length;
  }

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run);
  }

  at(time: number, run: () => void): void {
    this.#count += 1;
    const drawn = this.#prng === undefined ? 0 : this.#prng.below(1024);
    const sequence = drawn * 2 ** 40 + this.#count;
    this.#tasks.push({ at: Math.max(this.now, Math.ceil(time)), sequence, run });
  }

  /** Runs the earliest task that is due by `until`; false when there is none, and time is `until` then. */
  runNext(until: number): boolean {
    const task = this.#tasks.first();
    if (task === undefined || task.at > until) {
      if (until > this.now && until < Number.POSITIVE_INFINITY) this.now = until;
      return false;
    }
    this.#tasks.pop();
    if (task.at > this.now) this.#atThisInstant = 0;
    this.#atThisInstant += 1;
    if (this.#atThisInstant > tasksPerInstantMax) throw new Error("time does not pass any more");
    this.now = task.at;
    task.run();
    return true;
  }
}
