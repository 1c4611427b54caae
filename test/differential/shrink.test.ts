import { expect, test } from "vitest";
import { shrunk } from "./shrink.ts";

const items = Array.from({ length: 100 }, (_, index) => index);

test("what it takes is left, in order", async () => {
  const fails = async (some: readonly number[]): Promise<boolean> =>
    [7, 40, 41, 99].every((item) => some.includes(item));
  expect(await shrunk(items, fails)).toEqual([7, 40, 41, 99]);
});

test("all is left where it does not fail again", async () => {
  expect(await shrunk(items, async () => false)).toEqual(items);
});
