import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearestName } from "../../../src/ensemble/nearest-name.ts";

test.each([
  ["tickTme", "tickTime"],
  ["TICKTIME", "tickTime"],
  ["peer", "peers"],
  ["oberservers", "observers"],
  ["clinetPort", "clientPort"],
  ["banana", undefined],
  ["x", undefined],
])("the name nearest to %s is %s", (name, nearest) => {
  expect(nearestName(name, ["peers", "observers", "tickTime", "clientPort"])).toBe(nearest);
});

test.each([
  ["", "", 0],
  ["abc", "abc", 0],
  ["abc", "acb", 1],
  ["abc", "ab", 1],
  ["abc", "xabc", 1],
  ["abc", "xyz", 3],
])("%j is some edits from %j", (left, right, distance) => {
  expect(editDistance(left, right)).toBe(distance);
});

test("the distance is the same in both directions, and at most the longer text", () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (left, right) => {
      const distance = editDistance(left, right);
      return (
        distance === editDistance(right, left) &&
        distance <= Math.max(left.length, right.length) &&
        (distance === 0) === (left === right)
      );
    }),
  );
});
