import { clearTimeout, machineNow, setTimeout } from "../runtime/machine-time.ts";
import type { Ms, WaitOptions } from "./api-controls.ts";
import { badOption, Given, isWhole } from "./given.ts";
import type { Reason } from "./picture.ts";

export interface WaitRequest<T> {
  /** What is missing, as the error begins: "no leader" becomes "no leader after 4000 ms". */
  readonly what: string;
  /** The answer, or undefined for not yet. */
  readonly check: () => T | undefined;
  readonly explain: () => Reason & { readonly cause?: unknown };
  readonly options: WaitOptions | undefined;
  /** Options of this wait's own, beside those of all waits. */
  readonly names?: readonly string[];
  /** Default ZKMS_WAIT_TIMEOUT. */
  readonly code?: "ZKMS_START_TIMEOUT";
}

export interface WaitsOptions {
  readonly timeout: Ms;
  /** A timer that fires later than this after its time shows a stall. */
  readonly tickTime: Ms;
  /** How much real time so far went by while the event loop could not turn. */
  readonly stalledMs: () => Ms;
  /** The error of a wait that ran out. */
  readonly failure: (
    code: "ZKMS_WAIT_TIMEOUT" | "ZKMS_START_TIMEOUT",
    what: string,
    reason: Reason & { readonly cause?: unknown },
  ) => Error;
}

interface OpenWait {
  recheck(): void;
  fail(error: () => unknown): void;
}

/** The open waits. Each is checked when it begins and again after every turn that brought news; none polls. */
export class Waits {
  readonly #options: WaitsOptions;
  readonly #open = new Set<OpenWait>();
  #closed: (() => Error) | undefined;

  constructor(options: WaitsOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#open.size;
  }

  recheck(): void {
    for (const wait of [...this.#open]) wait.recheck();
  }

  /** Ends every wait, and each that begins later: there will be no more news. */
  close(error: () => Error): void {
    this.#closed = error;
    this.fail(error);
  }

  /** Ends every wait that is open. */
  fail(error: () => Error): void {
    for (const wait of [...this.#open]) wait.fail(error);
  }

  /** What ends a wait is made here, where the caller waits, so that an error's stack leads to the call. */
  async until<T>(request: WaitRequest<T>): Promise<T> {
    if (this.#closed !== undefined) throw this.#closed();
    const outcome = await this.#outcome(request);
    return outcome();
  }

  #outcome<T>(request: WaitRequest<T>): Promise<() => T> {
    const timeout = timeoutOf(request.options, this.#options.timeout, request.names);
    const signal = request.options?.signal;
    return new Promise<() => T>((resolve) => {
      const end = (outcome: () => T): void => {
        deadline.clear();
        signal?.removeEventListener("abort", abort);
        this.#open.delete(wait);
        resolve(outcome);
      };
      const fail = (error: () => unknown): void => {
        end(() => {
          throw error();
        });
      };
      const recheck = (): void => {
        try {
          const answer = request.check();
          if (answer !== undefined) end(() => answer);
        } catch (error) {
          fail(() => error);
        }
      };
      const abort = (): void => fail(() => signal?.reason);
      const wait: OpenWait = { recheck, fail };
      const deadline = new Deadline(timeout, this.#options, () => {
        recheck();
        if (!this.#open.has(wait)) return;
        const code = request.code ?? "ZKMS_WAIT_TIMEOUT";
        const reason = request.explain();
        fail(() => this.#options.failure(code, `${request.what} after ${timeout} ms`, reason));
      });
      this.#open.add(wait);
      if (signal?.aborted === true) return abort();
      signal?.addEventListener("abort", abort);
      recheck();
    });
  }
}

/** Of any wait; throws ZKMS_BAD_OPTIONS, for a name that it does not know as well. */
export function timeoutOf(
  options: WaitOptions | undefined,
  fallback: Ms,
  names: readonly string[] = [],
): Ms {
  const given = new Given("", options ?? {}, { names: ["timeout", "signal", ...names] });
  const timeout = given.value("timeout") ?? fallback;
  if (isWhole(timeout, { min: 0, max: 2 ** 31 - 1 })) return timeout;
  throw badOption("timeout", timeout, "is not a whole number of milliseconds");
}

/** Real time without stalls: one timer, set anew where some of the time it measured does not count. */
class Deadline {
  readonly #options: Pick<WaitsOptions, "tickTime" | "stalledMs">;
  readonly #stalledBefore: Ms;
  readonly #passed: () => void;
  #timer: NodeJS.Timeout;
  /** On the machine's clock. */
  #dueAt: Ms;
  readonly #startedAt = machineNow();
  readonly #timeout: Ms;
  /** Stalls that this deadline saw itself; the ensemble's clock sees none while it stands. */
  #lateMs = 0;

  constructor(
    timeout: Ms,
    options: Pick<WaitsOptions, "tickTime" | "stalledMs">,
    passed: () => void,
  ) {
    this.#timeout = timeout;
    this.#options = options;
    this.#stalledBefore = options.stalledMs();
    this.#passed = passed;
    this.#dueAt = this.#startedAt + timeout;
    this.#timer = setTimeout(this.#ring, timeout);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  readonly #ring = (): void => {
    const now = machineNow();
    const late = now - this.#dueAt;
    if (late > this.#options.tickTime) this.#lateMs += late;
    const stalled = Math.max(this.#lateMs, this.#options.stalledMs() - this.#stalledBefore);
    const rest = this.#timeout - (now - this.#startedAt - stalled);
    if (rest < 1) return this.#passed();
    this.#dueAt = now + rest;
    this.#timer = setTimeout(this.#ring, Math.ceil(rest));
  };
}

/**
 * A check of the user's as a wait's: it may be async, only one runs at a time, and a throw counts as not yet. News that come
 * while it runs make it run once more.
 */
export class Attempt {
  readonly #check: () => unknown;
  readonly #settled: () => void;
  #running = false;
  #again = false;
  #passed = false;
  /** Of the last run; undefined when it gave something false instead. */
  thrown: unknown;

  /** `settled` is called when an async run has ended, so that somebody asks again. */
  constructor(check: () => unknown, settled: () => void) {
    this.#check = check;
    this.#settled = settled;
  }

  passed(): true | undefined {
    if (this.#passed) return true;
    if (this.#running) this.#again = true;
    else this.#run();
    return this.#passed ? true : undefined;
  }

  #run(): void {
    this.#again = false;
    this.thrown = undefined;
    try {
      const answer = this.#check();
      if (!isThenable(answer)) {
        this.#passed = Boolean(answer);
        return;
      }
      this.#running = true;
      void this.#await(answer);
    } catch (error) {
      this.thrown = error;
    }
  }

  async #await(answer: PromiseLike<unknown>): Promise<void> {
    try {
      this.#passed = Boolean(await answer);
    } catch (error) {
      this.thrown = error;
    }
    this.#running = false;
    if (this.#passed || this.#again) this.#settled();
  }
}

/** Of `waitFor`; throws ZKMS_BAD_OPTIONS. */
export function checkCondition(what: unknown, check: unknown): void {
  if (typeof what !== "string") {
    throw badOption("what", what, "is no text", 'ensemble.waitFor("the node", async () => …)');
  }
  if (typeof check !== "function") throw badOption("check", check, "is no function");
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" &&
  value !== null &&
  "then" in value &&
  typeof value.then === "function";
