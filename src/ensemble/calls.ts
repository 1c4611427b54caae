import { ZkmsError } from "./errors.ts";

/** The public calls on one ensemble: each holds the process while it is pending, and none begins once the ensemble is closed. */
export class Calls {
  readonly #ensemble: string;
  readonly #hold: () => () => void;
  #closed = false;
  /** A call was in vain, and not because its caller gave it up, or the close did. */
  hasFailed = false;

  /** `hold` keeps the process alive until the function it returns is called. */
  constructor(ensemble: string, hold: () => () => void) {
    this.#ensemble = ensemble;
    this.#hold = hold;
  }

  async run<T>(action: () => T | Promise<T>): Promise<T> {
    this.mustBeOpen();
    const release = this.#hold();
    try {
      return await action();
    } catch (error) {
      if (!this.#closed && !isAbort(error)) this.hasFailed = true;
      throw error;
    } finally {
      release();
    }
  }

  close(): void {
    this.#closed = true;
  }

  /** For what a call does after a while: throws once the ensemble is closed. */
  mustBeOpen(): void {
    if (this.#closed) throw this.closedError();
  }

  closedError(): ZkmsError {
    return new ZkmsError("ZKMS_CLOSED", `${this.#ensemble} is closed`, {
      hint: "await every call before close(), or open another ensemble",
    });
  }
}

/** Of a signal that was aborted without a reason of the caller's own, as where a remote caller has hung up. */
const isAbort = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "name" in error && error.name === "AbortError";
