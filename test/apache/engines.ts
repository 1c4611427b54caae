import { apache } from "../../src/apache/index.ts";
import type { EnsembleOptions } from "../../src/index.ts";

/** So long takes a start of three processes, or an election among them, on a machine that does other things besides. */
const timeouts = { start: 180_000, wait: 60_000 };

export const onApache: EnsembleOptions = { engine: apache(), timeouts };

/** The rows of `describe.each`: the same body on our peers and on Apache's. */
export const engines: readonly (readonly [string, EnsembleOptions])[] = [
  ["embedded", { timeouts }],
  ["apache", onApache],
];
