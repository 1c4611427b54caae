import type { Fabric } from "../core/network/fabric.ts";
import { Lane, type LaneOptions } from "./lane.ts";

/** What a set of lanes is asked, whatever they carry. */
interface Waiting {
  readonly isEmpty: boolean;
  readonly dueAt: number;
  pump(): void;
}

interface Clock {
  now(): number;
}

/** Lanes that belong to no socket, kept while something waits in them. */
export class Lanes {
  readonly #fabric: Fabric;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();

  constructor(fabric: Fabric, clock: Clock) {
    this.#fabric = fabric;
    this.#clock = clock;
  }

  open<T>(options: Omit<LaneOptions<T>, "fabric" | "now" | "waiting">): Lane<T> {
    const lane: Lane<T> = new Lane({
      ...options,
      fabric: this.#fabric,
      now: () => this.#clock.now(),
      waiting: () => this.#waiting.add(lane),
    });
    return lane;
  }

  dueAt(): number {
    let dueAt = Infinity;
    for (const lane of this.#waiting) {
      if (lane.isEmpty) this.#waiting.delete(lane);
      else dueAt = Math.min(dueAt, lane.dueAt);
    }
    return dueAt;
  }

  pump(): void {
    for (const lane of this.#waiting) lane.pump();
  }
}
