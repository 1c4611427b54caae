import type { WorldClock } from "../runtime/world-clock.ts";
import type { Clock, Fault, Ms, Target } from "./api-controls.ts";
import type { Calls } from "./calls.ts";
import type { EventLog } from "./events.ts";
import type { Faults } from "./faults.ts";
import { badOption, Given, isWhole } from "./given.ts";
import type { Roster } from "./roster.ts";

export interface ClockOptions {
  readonly clock: WorldClock;
  readonly calls: Calls;
  readonly faults: Faults;
  readonly events: EventLog;
  readonly roster: Roster;
}

/** The ensemble's time in the public API's terms. */
export class ClockControl implements Clock {
  readonly #options: ClockOptions;

  constructor(options: ClockOptions) {
    this.#options = options;
  }

  now(): Promise<Ms> {
    return this.#options.calls.run(() => this.#options.clock.now());
  }

  advance(ms: Ms, options: { keepAlive?: "connected" | "none" } = {}): Promise<void> {
    const { calls, clock, events } = this.#options;
    return calls.run(async () => {
      if (!isWhole(ms, { min: 0 })) throw badOption("ms", ms, "is not a whole number of 0 or more");
      const given = new Given("", options, { names: ["keepAlive"] });
      const keepAlive = given.oneOf("keepAlive", "connected", ["connected", "none"]);
      await clock.advance(ms, { keepAlive });
      events.record("clock", { now: clock.now(), by: ms });
    });
  }

  freeze(): Promise<Fault> {
    const { calls, clock, faults } = this.#options;
    return calls.run(() => faults.add({ kind: "freeze", what: "clock", end: clock.freeze() }));
  }

  skew(target: Target, ms: Ms): Promise<Fault> {
    const { calls, faults, roster } = this.#options;
    return calls.run(() => {
      if (!isWhole(ms, { min: Number.MIN_SAFE_INTEGER })) {
        throw badOption("ms", ms, "is not a whole number");
      }
      const seats = roster.resolve(target);
      for (const seat of seats) seat.skew(ms);
      const what = `${seats.map((seat) => seat.id).join(",")} by ${ms} ms`;
      const end = (): void => {
        for (const seat of seats) seat.skew(-ms);
      };
      return faults.add({ kind: "skew", what, end });
    });
  }
}
