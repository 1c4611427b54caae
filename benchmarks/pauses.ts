// How long the event loop was kept from its turns. On Linux the time in which this thread waited for a processor is left out: what
// other work on the machine takes is no pause of ours. Where that work takes the processor from the garbage collector's threads, for
// which this one waits, nobody tells: what this thread itself worked is the least that a pause would be on a quiet machine.
import { openSync, readSync } from "node:fs";

const everyMs = 1;

export class Pauses {
  longestMs = 0;
  /** Of processor time between two looks. */
  mostWorkMs = 0;
  readonly #clock = threadClock();
  #lastAt = 0;
  #last: ThreadTimes = { workedMs: 0, waitedMs: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.begin();
    this.#look();
  }

  /** Forgets what was before. */
  begin(): void {
    this.longestMs = 0;
    this.mostWorkMs = 0;
    this.#lastAt = performance.now();
    this.#last = this.#clock();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const now = performance.now();
    const times = this.#clock();
    const { workedMs, waitedMs } = this.#last;
    const pauseMs = now - this.#lastAt - (times.waitedMs - waitedMs) - everyMs;
    this.longestMs = Math.max(this.longestMs, pauseMs);
    this.mostWorkMs = Math.max(this.mostWorkMs, times.workedMs - workedMs);
    this.#lastAt = now;
    this.#last = times;
    this.#timer = setTimeout(this.#look, everyMs);
  };
}

interface ThreadTimes {
  /** On a processor. */
  readonly workedMs: number;
  /** Ready to run, and not run. */
  readonly waitedMs: number;
}

/** Of this thread (/proc/thread-self/schedstat); always 0 where nobody tells. */
function threadClock(): () => ThreadTimes {
  const buffer = Buffer.alloc(128);
  try {
    const file = openSync("/proc/thread-self/schedstat", "r");
    return () => {
      const text = buffer.toString("latin1", 0, readSync(file, buffer, 0, buffer.length, 0));
      const [worked, waited] = text.split(" ");
      return { workedMs: Number(worked) / 1e6, waitedMs: Number(waited) / 1e6 };
    };
  } catch {
    return () => ({ workedMs: 0, waitedMs: 0 });
  }
}
