import { apache } from "../../src/apache/index.ts";
import type { EnsembleOptions } from "../../src/index.ts";

/** The rows of `describe.each`: the same body on our peers and on Apache's. */
export const engines: readonly (readonly [string, EnsembleOptions])[] = [
  ["embedded", {}],
  ["apache", { engine: apache(), timeouts: { start: 180_000, wait: 60_000 } }],
];
