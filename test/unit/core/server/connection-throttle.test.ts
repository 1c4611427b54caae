import { expect, test } from "vitest";
import { Prng } from "../../../../src/core/base/prng.ts";
import {
  ConnectionThrottle,
  type ConnectionThrottleOptions,
} from "../../../../src/core/server/connection-throttle.ts";

const throttleOf = (options: Partial<ConnectionThrottleOptions>): ConnectionThrottle =>
  new ConnectionThrottle(
    {
      tokens: 3,
      fillTimeMs: 10,
      fillCount: 1,
      freezeTimeMs: -1,
      dropIncrease: 0.5,
      dropDecrease: 0.25,
      decreaseRatio: 0,
      weights: undefined,
      ...options,
    },
    new Prng("throttle"),
  );

test("a burst empties the bucket, time fills it up to the brim", () => {
  const throttle = throttleOf({});
  const burst = (now: number, count: number): boolean[] =>
    Array.from({ length: count }, () => throttle.admits(now, "global"));
  expect(burst(0, 4)).toEqual([true, true, true, false]);
  expect(burst(10, 1)).toEqual([false]); // not before the time is over
  expect(burst(25, 3)).toEqual([true, true, false]);
  expect(burst(1000, 4)).toEqual([true, true, true, false]);
});

test("with weights each kind costs its own, and tokens are meant for global sessions", () => {
  const throttle = throttleOf({ tokens: 2, weights: { global: 3, renew: 2, local: 1 } });
  expect(
    ["global", "renew", "local", "local"].map((kind) => throttle.admits(0, kind as "local")),
  ).toEqual([true, true, true, false]);
});

test("the chance to be dropped grows while the bucket is found empty, and shrinks when it is full", () => {
  const throttle = throttleOf({ tokens: 1, fillTimeMs: 1000, freezeTimeMs: 5 });
  throttle.admits(0, "global");
  const seen = [6, 12, 18, 2000, 4000].map((now) => {
    throttle.admits(now, "global");
    return throttle.dropProbability;
  });
  expect(seen).toEqual([0.5, 1, 1, 0.75, 0.5]);
});
