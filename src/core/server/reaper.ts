import { reapable } from "../tree/reaper.ts";
import type { DataTree } from "../tree/tree.ts";

/** How often containers and TTL nodes are looked after, and how fast they go; milliseconds. */
export interface ReapTiming {
  /** znode.container.checkIntervalMs */
  readonly checkIntervalMs: number;
  /** znode.container.maxPerMinute */
  readonly perMinuteMax: number;
  /** znode.container.maxNeverUsedIntervalMs; 0: a container that never had a child stays. */
  readonly neverUsedMaxMs: number;
}

export const defaultReapTiming: ReapTiming = Object.freeze({
  checkIntervalMs: 60_000,
  perMinuteMax: 10_000,
  neverUsedMaxMs: 0,
});

const minuteMs = 60_000;

/**
 * When the one that decides writes deletes what is to go (ContainerManager). It looks once an interval and takes all it finds at
 * once, where Apache leaves `60 000 / perMinuteMax` milliseconds between two nodes: a test that moves the clock by an interval
 * then sees them all gone. What is found is a suggestion only; each deletion is checked again when it is prepared.
 */
export class Reaper {
  wakeAt: number = Number.POSITIVE_INFINITY;
  readonly #timing: ReapTiming;
  #minuteEndsAt = 0;
  #leftThisMinute = 0;

  constructor(timing: ReapTiming) {
    this.#timing = timing;
  }

  start(now: number): void {
    this.wakeAt = now + this.#timing.checkIntervalMs;
  }

  /** The paths to delete at this moment; `time` is the wall clock. */
  due(tree: DataTree, { now, time }: { readonly now: number; readonly time: number }): string[] {
    if (now < this.wakeAt) return [];
    const { checkIntervalMs, neverUsedMaxMs, perMinuteMax } = this.#timing;
    this.wakeAt += checkIntervalMs; // at a fixed rate, however late this look is
    if (now >= this.#minuteEndsAt) {
      this.#minuteEndsAt = now + minuteMs;
      this.#leftThisMinute = perMinuteMax;
    }
    const paths = reapable(tree, { time, neverUsedMaxMs }).slice(0, this.#leftThisMinute);
    this.#leftThisMinute -= paths.length;
    return paths;
  }
}
