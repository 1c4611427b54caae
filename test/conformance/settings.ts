// What both engines are told, and what vitest hands to the tests.
import type { EnsembleOptions } from "../../src/index.ts";
import type { Server } from "./raw-client.ts";

/** Where clients connect, and where its AdminServer listens. */
export interface Seat extends Server {
  readonly admin: number;
}

export interface Target {
  readonly alone: Seat;
  /** Alone too, and always busy looking for containers and TTL nodes to delete; the others never do. */
  readonly reaping: Seat;
  /** The leader first. */
  readonly three: readonly Seat[];
}

/** Which engine, and whose answers it is to give. */
export type Engine = "apache" | "ours 3.8" | "ours 3.9";

declare module "vitest" {
  interface ProvidedContext {
    /** Absent in `npm test`, which runs ours as 3.8. */
    engine: Engine;
    /** Where Apache's servers are. */
    apache: Target;
  }
}

/** Java's system properties without "zookeeper.", and keys of `config` for ours. */
export const common = { enforceQuota: true } as const;
const checkInterval = "znode.container.checkIntervalMs";
/** As long as Java's timers can wait with a rate. */
export const neverReaping = { [checkInterval]: 2_000_000_000 };
export const reaping = { [checkInterval]: 50 };

export const tickTime = 200;
export const sessionTimeouts = { min: 400, max: 40_000 } as const;

/** Our peers under the same settings. */
export const oursAs = (emulate: "3.8" | "3.9", timing: object = neverReaping): EnsembleOptions => ({
  emulate,
  admin: true,
  reconfig: false,
  tickTime,
  minSessionTimeout: sessionTimeouts.min,
  maxSessionTimeout: sessionTimeouts.max,
  config: { ...common, ...timing },
});
