import type { Parts } from "../core/base/parts.ts";
import { sliceMs } from "./between-turns.ts";
import { machineNow, setImmediate } from "./machine-time.ts";

/** One small part of some long work; whether there is more to do now, in the next slice, only after `wake`, or never again. */
export type Job = () => "more" | "next slice" | "waiting" | "done";

/** Long work of a peer's process, done between the steps, a slice at a time. */
export class Slices {
  readonly #onError: (error: unknown) => void;
  #jobs: Job[] = [];
  #isArmed = false;
  #isPaused = false;
  /** Ends the wait for work that will not be done any more. */
  readonly #waits = new Set<() => void>();

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

  /** Does all parts of some work; undefined: the process has ended before. Rejects with what the work throws. */
  run<T>(parts: Parts<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const leave = (): void => resolve(undefined);
      const part = (): "more" | "done" => {
        try {
          const { done, value } = parts.next();
          if (done !== true) return "more";
          resolve(value);
        } catch (error) {
          reject(error);
        }
        this.#waits.delete(leave);
        return "done";
      };
      this.#waits.add(leave);
      this.add(part);
    });
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
    for (const leave of this.#waits) leave();
    this.#waits.clear();
  }

  readonly #run = (): void => {
    this.#isArmed = false;
    if (this.#isPaused) return;
    const until = machineNow() + sliceMs;
    let jobs = this.#jobs;
    const left = new Set<Job>();
    try {
      while (jobs.length > 0 && machineNow() < until) jobs = this.#round(jobs, left);
    } catch (error) {
      this.close();
      return this.#onError(error);
    }
    if (jobs.length > 0 || left.size > 0) this.wake();
  };

  /** A part of each of these jobs; returns those that have more to do now, and adds to `left` what is for the next slice. */
  #round(jobs: readonly Job[], left: Set<Job>): Job[] {
    return jobs.filter((job) => {
      if (!this.#jobs.includes(job)) return false; // one before it ended the process
      const outcome = job();
      if (outcome === "next slice") left.add(job);
      if (outcome === "done") this.#jobs = this.#jobs.filter((other) => other !== job);
      return outcome === "more";
    });
  }
}
