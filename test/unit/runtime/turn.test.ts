import { expect, test } from "vitest";
import { Turn } from "../../../src/runtime/turn.ts";
import { WorldClock } from "../../../src/runtime/world-clock.ts";

const tickTime = 100;

test("what waits for room is taken in by a later turn", async () => {
  const { turn, isOver } = turnWithClock();
  const asked = turn.count + 1;
  const taken: number[] = [];
  turn.intake.whenRoom("client", () => taken.push(turn.count - asked));
  await isOver();
  expect(taken).toEqual([1]);
});

test("time in which peers wait for longer than a tick is left out of the clock, once", async () => {
  const { turn, clock, isOver } = turnWithClock();
  const begunAt = performance.now();
  let waitedMs = 0;
  for (let item = 0; item < 20; item += 1) {
    turn.intake.whenRoom("peer", () => {
      waitedMs = performance.now() - begunAt;
      work(12);
    });
  }
  await isOver();
  const allMs = performance.now() - begunAt;
  expect(waitedMs).toBeGreaterThan(2 * tickTime);
  expect(clock.leftOutMs).toBeGreaterThan(tickTime);
  expect(clock.leftOutMs).toBeLessThanOrEqual(allMs);
});

function turnWithClock() {
  const clock = new WorldClock("real", {
    settle: () => Promise.resolve(),
    nextDeadline: () => Infinity,
    touchSessions: () => {},
    onCourseChanged: () => {},
  });
  const owner = {
    wake: () => {},
    store: () => {},
    flush: () => {},
    over: () => {},
    nextDeadline: () => Infinity,
  };
  const turn = new Turn(owner, clock, tickTime);
  const isOver = async (): Promise<void> => {
    while (!turn.isOver) await new Promise(setImmediate);
  };
  return { turn, clock, isOver };
}

/** Keeps the processor for so many milliseconds. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
