import type { Parts } from "../core/base/parts.ts";
import { machineNow, setImmediate } from "./machine-time.ts";

/** How long the event loop is kept from its turns; every peer of the process may do so once a loop. */
export const sliceMs = 4;

/** Does long work that no peer waits in: a slice, then whatever else the event loop has to do, then the next slice. */
export async function betweenTurns<T>(parts: Parts<T>): Promise<T> {
  for (;;) {
    const { done, value } = oneSlice(parts);
    if (done === true) return value;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** As many parts as fit into a slice. */
export function oneSlice<T>(parts: Parts<T>): IteratorResult<void, T> {
  const until = machineNow() + sliceMs;
  for (;;) {
    const outcome = parts.next();
    if (outcome.done === true || machineNow() >= until) return outcome;
  }
}
