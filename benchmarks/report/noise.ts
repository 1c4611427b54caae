// When a figure is no ground for a claim, and why.
import type { Figure, Row } from "../row.ts";
import { percent } from "./percent.ts";

/** Of the rounds of one server. */
const spreadMax = 0.25;
/** Share of the time in which the servers' thread could have run and did not. */
const waitingMax = 0.1;
/** Share of a processor that a load process has at its own limit. */
const loadBusyMin = 0.9;

/** Of our own figure. */
export function noises(row: Row): string[] {
  return [
    ...(isScattered(row) ? [`the rounds lie ${percent(row.spread)} apart`] : []),
    ...((row.waiting ?? 0) > waitingMax
      ? [`other work had the processor for ${percent(row.waiting ?? 0)} of the time`]
      : []),
  ];
}

/** Its rounds lie too far apart. */
export const isScattered = ({ spread }: Figure): boolean => spread > spreadMax;

/** The load process could do no more: the figure is its own, and the server's is higher. */
export const isLoadBound = ({ loadBusy = 0 }: Figure): boolean => loadBusy >= loadBusyMin;

/** What is to be known of the figures of a row, ours and the yardsticks'. */
export function reservations(row: Row): string[] {
  const { beside = [] } = row;
  const all: readonly (Figure & { readonly name: string })[] = [
    { ...row, name: "ours" },
    ...beside,
  ];
  return [
    ...noises(row).map((noise) => `noisy: ${noise}`),
    ...beside
      .filter(isScattered)
      .map(({ name, spread }) => `noisy: the rounds of ${name} lie ${percent(spread)} apart`),
    ...all
      .filter(isLoadBound)
      .map(
        ({ name, loadBusy = 0 }) =>
          `load-bound: ${name}; the load took ${percent(loadBusy)} of a processor`,
      ),
  ];
}
