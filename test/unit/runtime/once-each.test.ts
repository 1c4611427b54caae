import { expect, test } from "vitest";
import { onceEach } from "../../../src/runtime/once-each.ts";

test("a text is told once, and once more when a hundred others came between", () => {
  const heard: string[] = [];
  const tell = onceEach((text) => heard.push(text));
  const others = Array.from({ length: 100 }, (_, index) => `other ${index}`);
  for (const text of ["a", "b", "a", ...others.slice(0, 98), "a"]) tell(text);
  expect(heard).toEqual(["a", "b", ...others.slice(0, 98)]);
  for (const text of [...others.slice(98), "a", "a"]) tell(text);
  expect(heard.slice(100)).toEqual([...others.slice(98), "a"]);
});
