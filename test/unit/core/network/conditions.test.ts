import fc from "fast-check";
import { expect, test } from "vitest";
import { Prng } from "../../../../src/core/base/prng.ts";
import { corrupted, drawLatency } from "../../../../src/core/network/conditions.ts";

test.each([
  ["a number", 40, [40, 40]],
  ["no jitter", { mean: 40 }, [40, 40]],
  ["constant despite a jitter", { mean: 40, jitter: 9, distribution: "constant" }, [40, 40]],
  ["a jitter alone is uniform", { mean: 40, jitter: 10 }, [30, 50]],
  ["never below zero", { mean: 1, jitter: 10, distribution: "uniform" }, [0, 11]],
  ["normal", { mean: 40, jitter: 5, distribution: "normal" }, [0, 80]],
  ["exponential", { mean: 40, distribution: "exponential" }, [0, 1000]],
] as const)("latency: %s", (_, latency, [least, most]) => {
  const prng = new Prng("latency");
  const draws = Array.from({ length: 500 }, () => drawLatency(latency, prng));
  expect(Math.min(...draws)).toBeGreaterThanOrEqual(least);
  expect(Math.max(...draws)).toBeLessThanOrEqual(most);
});

test.each(["uniform", "normal", "exponential"] as const)(
  "%s latency has its mean",
  (distribution) => {
    const prng = new Prng("mean");
    const latency = { mean: 40, jitter: 10, distribution };
    const draws = Array.from({ length: 5000 }, () => drawLatency(latency, prng));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    expect(Math.abs(mean - 40)).toBeLessThan(3);
  },
);

test("corruption flips exactly one bit, in a copy", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 64 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (bytes, at) => {
        const before = bytes.slice();
        const after = corrupted(bytes, at);
        const flipped = after.reduce((sum, byte, i) => sum + ones(byte ^ (bytes[i] ?? 0)), 0);
        return flipped === 1 && Buffer.compare(before, bytes) === 0;
      },
    ),
  );
});

const ones = (byte: number): number => byte.toString(2).replaceAll("0", "").length;
