import { machineNow, wallNow } from "./machine-time.ts";

/** What `WorldClock` asks of its world. */
export interface ClockOwner {
  /** Steps what is due at the clock's present and resolves when nothing that this sent is under way any more. */
  settle(): Promise<void>;
  /** The next moment at which anything happens by itself; Infinity: never. */
  nextDeadline(): number;
  /** Sessions whose clients are connected count as having pinged. */
  touchSessions(): void;
  /** Time runs otherwise than before: the timer is to be set anew. */
  onCourseChanged(): void;
}

/**
 * The ensemble's one clock: whole milliseconds that never go back. It follows the machine's, without the time in which the event
 * loop could not turn (`leaveOut`), stands while frozen or manual, and leaps in `advance`.
 */
export class WorldClock {
  /** Wall time is `now()` plus this. */
  readonly wallOffset: number;
  readonly #owner: ClockOwner;
  #mode: "real" | "manual";
  #freezes = 0;
  /** `now` in full precision is `#base` plus what the machine's clock has gone since `#origin`; while standing, `#base`. */
  #base = 0;
  #origin = machineNow();
  #last = 0;
  #leftOutMs = 0;
  #advances: Promise<void> = Promise.resolve();

  constructor(mode: "real" | "manual", owner: ClockOwner) {
    this.#mode = mode;
    this.#owner = owner;
    this.wallOffset = wallNow();
  }

  get mode(): "real" | "manual" {
    return this.#mode;
  }

  set mode(mode: "real" | "manual") {
    this.#change(() => {
      this.#mode = mode;
    });
  }

  /** Time stands by itself. */
  get standing(): boolean {
    return this.#freezes > 0 || this.#mode === "manual";
  }

  get frozen(): boolean {
    return this.#freezes > 0;
  }

  now(): number {
    const now = Math.floor(this.#exact());
    if (now > this.#last) this.#last = now;
    return this.#last;
  }

  /** Milliseconds of the machine's clock until `at`; Infinity where time stands before it. */
  realMsUntil(at: number): number {
    const ms = Math.max(0, at - this.#exact());
    return ms > 0 && this.standing ? Infinity : ms;
  }

  /** Takes `ms` of the machine's clock out of the ensemble's: the event loop was blocked. */
  leaveOut(ms: number): void {
    this.#leftOutMs += ms;
    if (!this.standing) this.#origin += ms;
  }

  /** How much was left out so far. */
  get leftOutMs(): number {
    return this.#leftOutMs;
  }

  /** Time stands until the function returned is called; freezes nest. */
  freeze(): () => void {
    this.#change(() => {
      this.#freezes += 1;
    });
    let thawed = false;
    return () => {
      if (thawed) return;
      thawed = true;
      this.#change(() => {
        this.#freezes -= 1;
      });
    };
  }

  /**
   * Moves time on by `ms`, in leaps to the next deadline (pings among them, so that quorum and learners hear of each other),
   * and resolves when the work this caused is done. The machine's clock adds nothing meanwhile. Calls queue up.
   */
  advance(ms: number, options?: { readonly keepAlive?: "connected" | "none" }): Promise<void> {
    const keepAlive = options?.keepAlive ?? "connected";
    const done = this.#advances.then(() => this.#leap(ms, keepAlive));
    this.#advances = done.catch(() => {}); // the caller hears of it; the next advance is another matter
    return done;
  }

  async #leap(ms: number, keepAlive: "connected" | "none"): Promise<void> {
    const thaw = this.freeze();
    try {
      const target = this.now() + ms;
      await this.#owner.settle();
      while (this.now() < target) {
        const next = Math.max(this.now() + 1, this.#owner.nextDeadline());
        this.#base = Math.min(target, Math.ceil(next));
        if (keepAlive === "connected") this.#owner.touchSessions();
        await this.#owner.settle();
      }
    } finally {
      thaw();
    }
  }

  #exact(): number {
    return this.standing ? this.#base : this.#base + (machineNow() - this.#origin);
  }

  #change(change: () => void): void {
    this.#base = this.#exact();
    this.#origin = machineNow();
    change();
    this.#owner.onCourseChanged();
  }
}
