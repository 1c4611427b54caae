// Latencies in an HDR histogram: three digits at every size, so that p99.9 is as exact as the median.
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from "hdr-histogram-js";
import type { Percentiles } from "./row.ts";

/** It counts whole numbers; a request takes tens of microseconds. */
const unitsInMs = 10_000;

export class LatencyHistogram {
  readonly #counts: Histogram = build({ bitBucketSize: 32, numberOfSignificantValueDigits: 3 });

  record(ms: number, count = 1): void {
    this.#counts.recordValueWithCount(Math.max(1, Math.round(ms * unitsInMs)), count);
  }

  /** From another process, as `encode` made it. */
  add(encoded: string): void {
    this.#counts.add(decodeFromCompressedBase64(encoded));
  }

  encode(): string {
    return encodeIntoCompressedBase64(this.#counts);
  }

  clear(): void {
    this.#counts.reset();
  }

  get percentiles(): Percentiles {
    const at = (percentile: number): number =>
      this.#counts.getValueAtPercentile(percentile) / unitsInMs;
    return { p50: at(50), p99: at(99), p999: at(99.9) };
  }
}
