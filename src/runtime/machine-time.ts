// The machine's own time, turns and chance, taken while they are real: tests replace the globals, and some the properties of
// `node:timers`, by fake ones, and an ensemble is to run on in them. The package's main entry loads this file, though it loads
// little else, so that it is there before any test begins.
import timers from "node:timers";

export const setTimeout: typeof timers.setTimeout = timers.setTimeout;
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout;
export const setImmediate: typeof timers.setImmediate = timers.setImmediate;
export const nextTick: typeof process.nextTick = process.nextTick.bind(process);
export const queueMicrotask: typeof globalThis.queueMicrotask = globalThis.queueMicrotask;
/** Milliseconds, never going back. */
export const machineNow: () => number = performance.now.bind(performance);
/** Milliseconds since 1970. */
export const wallNow: () => number = Date.now.bind(Date);

const chance = Math.random.bind(Math);
/** So many hexadecimal digits, by which names are told apart; no secret. */
export const randomHex = (digits: number): string =>
  Math.floor(chance() * 16 ** digits)
    .toString(16)
    .padStart(digits, "0");
