// When a figure is no ground for a claim, and why.
import type { Row } from "../row.ts";

/** Of the rounds of one server. */
const spreadMax = 0.25;
/** Share of the time in which the servers' thread could have run and did not. */
const waitingMax = 0.1;

export function noises(row: Row): string[] {
  return [
    ...(row.spread > spreadMax ? [`the rounds lie ${Math.round(row.spread * 100)} % apart`] : []),
    ...((row.waiting ?? 0) > waitingMax
      ? [`other work had the processor for ${Math.round((row.waiting ?? 0) * 100)} % of the time`]
      : []),
  ];
}
