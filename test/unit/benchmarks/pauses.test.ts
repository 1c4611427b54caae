import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pauses } from "../../../benchmarks/pauses.ts";

const now = { at: 0, workedMs: 0, waitedMs: 0 };
let pauses: Pauses;

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(now, { at: 1000, workedMs: 0, waitedMs: 0 });
  pauses = new Pauses(() => ({ ...now }));
});

afterEach(() => {
  pauses.end();
  vi.useRealTimers();
});

/** The event loop is kept from its turns. */
function block({ workedMs, waitedMs = 0 }: { workedMs: number; waitedMs?: number }): void {
  now.at += workedMs + waitedMs;
  now.workedMs += workedMs;
  now.waitedMs += waitedMs;
}

test("a block counts that ends in what was awaited, before any timer fires", () => {
  pauses.begin();
  block({ workedMs: 80 });
  expect([pauses.longestMs, pauses.mostWorkMs]).toEqual([79, 80]);
});

test("a look into the stretch under way does not cut it in two", () => {
  block({ workedMs: 30 });
  expect(pauses.longestMs).toBe(29);
  block({ workedMs: 30 });
  expect(pauses.longestMs).toBe(59);
  vi.advanceTimersByTime(1);
  expect(pauses.longestMs).toBe(59);
});

test("what was before the beginning is forgotten, its stretch too", () => {
  block({ workedMs: 80 });
  pauses.begin();
  block({ workedMs: 5 });
  vi.advanceTimersByTime(1);
  expect([pauses.longestMs, pauses.mostWorkMs]).toEqual([4, 5]);
});

test("waiting for a processor is no pause, under way or over", () => {
  block({ workedMs: 3, waitedMs: 50 });
  expect(pauses.longestMs).toBe(2);
  vi.advanceTimersByTime(1);
  expect(pauses.longestMs).toBe(2);
});

test("turns as short as the timer's are no pause", () => {
  for (let turn = 0; turn < 3; turn += 1) {
    block({ workedMs: 1 });
    vi.advanceTimersByTime(1);
  }
  pauses.begin();
  expect([pauses.longestMs, pauses.mostWorkMs]).toEqual([0, 0]);
});
