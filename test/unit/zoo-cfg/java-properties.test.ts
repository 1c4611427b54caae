import { expect, test } from "vitest";
import { parseProperties } from "../../../src/zoo-cfg/java-properties.ts";

const pairs = (text: string) => parseProperties(text).map(({ key, value }) => [key, value]);

test.each([
  ["a=1", [["a", "1"]]],
  ["a = 1 ", [["a", "1 "]]],
  ["a:1", [["a", "1"]]],
  ["a 1", [["a", "1"]]],
  ["a", [["a", ""]]],
  ["  a=b=c", [["a", "b=c"]]],
  ["# a=1\n! b=2\n\nc=3", [["c", "3"]]],
  [
    "a=1\\\n   2\nb=3",
    [
      ["a", "12"],
      ["b", "3"],
    ],
  ],
  ["a=C:\\\\data", [["a", "C:\\data"]]],
  ["a\\ b=\\u0041\\t", [["a b", "A\t"]]],
  [
    "server.1=h:2888:3888;2181\r\nx=1",
    [
      ["server.1", "h:2888:3888;2181"],
      ["x", "1"],
    ],
  ],
])("%j", (text, wanted) => {
  expect(pairs(text)).toEqual(wanted);
});

test("an entry knows the line it begins on", () => {
  expect(parseProperties("\na=1\\\n2\n#\nb=3").map(({ line }) => line)).toEqual([2, 5]);
});
