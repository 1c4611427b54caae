import { apache } from "../../src/apache/index.ts";
import type { EnsembleOptions } from "../../src/index.ts";

export const onApache: EnsembleOptions = {
  engine: apache(),
  // So long takes a start of three processes, or an election among them, on a machine that does other things besides.
  timeouts: { start: 180_000, wait: 60_000 },
};

/** The rows of `describe.each`: the same body on our peers and on Apache's. */
export const engines: readonly (readonly [string, EnsembleOptions])[] = [
  ["embedded", { timeouts: { wait: 15_000 } }], // which shares its process with the tests
  ["apache", onApache],
];
