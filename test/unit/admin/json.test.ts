import { expect, test } from "vitest";
import { type Json, printJson } from "../../../src/admin/json.ts";

test("prints as Jackson's pretty printer does, whole numbers in full", () => {
  const value = new Map<string, Json>([
    ["connections", [new Map([["session_id", 1152932483218951775n]])]],
    ["paths", ["/a", '/b"']],
    ["none", []],
    ["nobody", new Map<string, Json>()],
    ["avg_latency", { double: "0.0" }],
    ["error", null],
  ]);
  expect(printJson(value)).toBe(`{
  "connections" : [ {
    "session_id" : 1152932483218951775
  } ],
  "paths" : [ "/a", "/b\\"" ],
  "none" : [ ],
  "nobody" : { },
  "avg_latency" : 0.0,
  "error" : null
}`);
});

test("escapes control characters with capital digits, as Jackson, and nothing that looks like it", () => {
  expect(printJson("/\u001b\u007f\n\\u001b")).toBe('"/\\u001B\u007f\\n\\\\u001b"');
});
