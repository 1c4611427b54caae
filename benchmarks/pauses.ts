// How long the event loop was kept from its turns. On Linux the time in which this thread waited for a processor is left out: what
// other work on the machine takes is no pause of ours. Where that work takes the processor from the garbage collector's threads, for
// which this one waits, nobody tells: what this thread itself worked is the least that a pause would be on a quiet machine.
import { openSync, readSync } from "node:fs";

const everyMs = 1;

export class Pauses {
  readonly #clock: () => ThreadTimes;
  #longestMs = 0;
  #mostWorkMs = 0;
  #last: ThreadTimes;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: () => ThreadTimes = threadClock()) {
    this.#clock = clock;
    this.#last = clock();
    this.#look();
  }

  /** With the stretch under way: what is awaited goes on before the timer that would see how long it took. */
  get longestMs(): number {
    return Math.max(this.#longestMs, this.#since(this.#clock()).pauseMs);
  }

  /** Of processor time between two looks, with the stretch under way. */
  get mostWorkMs(): number {
    return Math.max(this.#mostWorkMs, this.#since(this.#clock()).workMs);
  }

  /** Forgets what was before. */
  begin(): void {
    this.#longestMs = 0;
    this.#mostWorkMs = 0;
    this.#last = this.#clock();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const times = this.#clock();
    const { pauseMs, workMs } = this.#since(times);
    this.#longestMs = Math.max(this.#longestMs, pauseMs);
    this.#mostWorkMs = Math.max(this.#mostWorkMs, workMs);
    this.#last = times;
    this.#timer = setTimeout(this.#look, everyMs);
  };

  #since({ at, workedMs, waitedMs }: ThreadTimes): { pauseMs: number; workMs: number } {
    const last = this.#last;
    return {
      pauseMs: at - last.at - (waitedMs - last.waitedMs) - everyMs,
      workMs: workedMs - last.workedMs,
    };
  }
}

interface ThreadTimes {
  readonly at: number;
  /** On a processor. */
  readonly workedMs: number;
  /** Ready to run, and not run. */
  readonly waitedMs: number;
}

/** Of this thread (/proc/thread-self/schedstat); worked and waited always 0 where nobody tells. */
function threadClock(): () => ThreadTimes {
  const buffer = Buffer.alloc(128);
  try {
    const file = openSync("/proc/thread-self/schedstat", "r");
    return () => {
      const text = buffer.toString("latin1", 0, readSync(file, buffer, 0, buffer.length, 0));
      const [worked, waited] = text.split(" ");
      const at = performance.now();
      return { at, workedMs: Number(worked) / 1e6, waitedMs: Number(waited) / 1e6 };
    };
  } catch {
    return () => ({ at: performance.now(), workedMs: 0, waitedMs: 0 });
  }
}
