import { expect, test } from "vitest";
import { inTime } from "../../../src/runtime/in-time.ts";

test("what does not come in time is not waited for, and what comes is there", async () => {
  expect(await inTime(new Promise(() => {}), 1)).toBe(undefined);
  expect(await inTime(Promise.resolve("a.net"), 60_000)).toBe("a.net");
  await expect(inTime(Promise.reject(new Error("ENOTFOUND")), 60_000)).rejects.toThrow("ENOTFOUND");
});
