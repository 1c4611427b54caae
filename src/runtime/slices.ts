import { machineNow, setImmediate } from "./machine-time.ts";

/** How long the event loop is kept from its turns; every peer of the process may do so once a loop. */
const sliceMs = 4;

/** One small part of some long work; whether there is more to do now, only after `wake`, or never again. */
export type Job = () => "more" | "waiting" | "done";

/** Long work of a peer's process, done between the steps, a slice at a time. */
export class Slices {
  readonly #onError: (error: unknown) => void;
  #jobs: Job[] = [];
  #isArmed = false;
  #isPaused = false;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get isBusy(): boolean {
    return this.#jobs.length > 0;
  }

  add(job: Job): void {
    this.#jobs.push(job);
    this.wake();
  }

  /** What a job waited for has come. */
  wake(): void {
    if (this.#isArmed || this.#isPaused || this.#jobs.length === 0) return;
    this.#isArmed = true;
    setImmediate(this.#run);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.wake();
  }

  /** The process ends, and its work with it. */
  close(): void {
    this.#jobs = [];
  }

  readonly #run = (): void => {
    this.#isArmed = false;
    if (this.#isPaused) return;
    const until = machineNow() + sliceMs;
    let isMore = true;
    try {
      while (isMore && machineNow() < until) isMore = this.#round();
    } catch (error) {
      this.close();
      return this.#onError(error);
    }
    if (isMore) this.wake();
  };

  /** A part of every job; whether one of them has more to do now. */
  #round(): boolean {
    let isMore = false;
    for (const job of [...this.#jobs]) {
      const outcome = job();
      if (outcome === "more") isMore = true;
      if (outcome === "done") this.#jobs = this.#jobs.filter((other) => other !== job);
    }
    return isMore;
  }
}
