import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  childPath,
  isSystemPath,
  nameOf,
  parentOf,
  validatePath,
} from "../../../../src/core/tree/path.ts";

describe("a path", () => {
  test.each([
    "/",
    "/a",
    "/a/b",
    "/...",
    "/.x",
    "/x.",
    "/a..b",
    "/a b",
    "/%",
    "/é",
    "/日本",
    "/\u00a0",
    "/\uf900",
    "/\uffef",
  ])("%j is valid", (path) => {
    expect(validatePath(path)).toBe(true);
  });

  test.each([
    "",
    "a",
    "a/b",
    "/a/",
    "//",
    "//a",
    "/a//b",
    "/.",
    "/..",
    "/a/.",
    "/a/..",
    "/./a",
    "/../a",
    "/a\0",
    "/\u0001",
    "/a\u001f",
    "/\u007f",
    "/\u009f",
    "/\ud800",
    "/\u{1f600}",
    "/\ue000",
    "/\uf8ff",
    "/\ufff0",
    "/\ufffd",
    "/\uffff",
  ])("%j is not", (path) => {
    expect(validatePath(path)).toBe(false);
  });

  test("ends at its last slash", () => {
    expect([parentOf("/a"), parentOf("/a/b"), parentOf("/a/"), parentOf("/")]).toEqual([
      "/",
      "/a",
      "/a",
      "/",
    ]);
    expect([nameOf("/a"), nameOf("/a/b"), nameOf("/a/")]).toEqual(["a", "b", ""]);
  });

  test("is its parent's and its name's", () => {
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const path = `/${names.join("/")}`;
        expect(validatePath(path)).toBe(true);
        expect(childPath(parentOf(path), nameOf(path))).toBe(path);
      }),
    );
  });

  test("of the system cannot be deleted", () => {
    const paths = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config", "/zookeeper/x"];
    expect(paths.map(isSystemPath)).toEqual([true, true, true, true, false]);
  });
});
