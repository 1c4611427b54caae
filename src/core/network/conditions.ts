import type { Prng } from "../base/prng.ts";
import type { LinkConditions } from "./link.ts";

/** What standing conditions make of one burst of bytes; several conditions on a link add up. */
export interface Plan {
  delayMs: number;
  reset: boolean;
  /** Where in the bytes a bit flips, in [0, 1); undefined: nowhere. */
  corruptAt: number | undefined;
}

/**
 * Conditions on links, with what they remember: the draws, and until when each link's bandwidth is used up. Loss is not among
 * them: over TCP it looks like a stall.
 */
export class Shape {
  readonly conditions: LinkConditions;
  readonly #prng: Prng;
  /** By link: when the bytes given so far have passed. */
  readonly #busyUntil = new Map<string, number>();

  constructor(conditions: LinkConditions, prng: Prng) {
    this.conditions = conditions;
    this.#prng = prng;
  }

  apply(plan: Plan, linkName: string, bytes: number, now: number): void {
    const { latency, bandwidth, stall, reset, corrupt } = this.conditions;
    if (latency !== undefined) plan.delayMs += drawLatency(latency, this.#prng);
    if (bandwidth !== undefined) plan.delayMs += this.#queue(linkName, bytes, bandwidth, now);
    if (stall !== undefined && this.#prng.chance(stall.probability)) plan.delayMs += stall.for;
    if (reset?.probability !== undefined && this.#prng.chance(reset.probability)) plan.reset = true;
    if (corrupt !== undefined && this.#prng.chance(corrupt.probability)) {
      plan.corruptAt = this.#prng.float();
    }
  }

  /** Milliseconds until the link has passed these bytes too; a KB/s is 1024 bytes a second. */
  #queue(linkName: string, bytes: number, bandwidth: number, now: number): number {
    const start = Math.max(now, this.#busyUntil.get(linkName) ?? now);
    const end = start + (bytes * 1000) / (bandwidth * 1024);
    this.#busyUntil.set(linkName, end);
    return end - now;
  }
}

export function drawLatency(latency: NonNullable<LinkConditions["latency"]>, prng: Prng): number {
  if (typeof latency === "number") return latency;
  const { mean, jitter = 0 } = latency;
  switch (latency.distribution ?? (jitter > 0 ? "uniform" : "constant")) {
    case "constant":
      return mean;
    case "uniform":
      return Math.max(0, mean + (prng.float() * 2 - 1) * jitter);
    case "normal": {
      // Box and Muller; jitter is the standard deviation.
      const radius = Math.sqrt(-2 * Math.log(1 - prng.float()));
      return Math.max(0, mean + radius * Math.cos(2 * Math.PI * prng.float()) * jitter);
    }
    case "exponential":
      return -mean * Math.log(1 - prng.float());
  }
}

/** `bytes` with one bit flipped, as a copy. */
export function corrupted(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  const bit = Math.floor(at * bytes.length * 8);
  const index = bit >> 3;
  copy[index] = (copy[index] ?? 0) ^ (1 << (bit & 7));
  return copy;
}
