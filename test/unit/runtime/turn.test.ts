import { expect, test } from "vitest";
import { Turn } from "../../../src/runtime/turn.ts";
import { WorldClock } from "../../../src/runtime/world-clock.ts";

const idle = {
  wake: () => {},
  store: () => {},
  flush: () => {},
  over: () => {},
  nextDeadline: () => Infinity,
};

test("what waits for room is taken in by a later turn, in the order in which it came", async () => {
  const clock = new WorldClock("real", {
    settle: () => Promise.resolve(),
    nextDeadline: () => Infinity,
    touchSessions: () => {},
    onCourseChanged: () => {},
  });
  const taken: string[] = [];
  let full: readonly boolean[] = [];
  await new Promise<void>((resolve) => {
    const turn: Turn = new Turn(
      { ...idle, over: () => taken.length < 2 || resolve() },
      clock,
      2000,
    );
    const asked = turn.count + 1;
    turn.whenRoom(() => taken.push(`first, ${turn.count - asked} later`));
    turn.whenRoom(() => taken.push("second"));
    full = [turn.isFull];
  });
  expect(full).toEqual([true]);
  expect(taken).toEqual(["first, 1 later", "second"]);
});
