import { describe, expect, test } from "vitest";
import { ancestorsOf, clientPath, serverPath } from "../../../src/client/paths.ts";

const to = (chroot: string, path: string, suffix?: string): string =>
  serverPath(chroot, { op: "get", path }, suffix);

describe("a chroot", () => {
  test.each([
    ["", "/", "/"],
    ["", "/a", "/a"],
    ["/x/y", "/", "/x/y"],
    ["/x/y", "/a/b", "/x/y/a/b"],
  ])("%j puts %s at %s, and back", (chroot, path, full) => {
    expect([to(chroot, path), clientPath(chroot, full)]).toEqual([full, path]);
  });

  test("is not taken off a path that only begins like it", () => {
    expect([clientPath("/x", "/xy"), clientPath("/x", "/zookeeper")]).toEqual([
      "/xy",
      "/zookeeper",
    ]);
  });
});

test.each(["", "a", "/a/", "//", "/a//b", "/.", "/a/../b", "/\u0000", undefined])(
  "%j is no path",
  (path) => {
    expect(() => to("", path as string)).toThrow("not a path");
  },
);

test("the end of a sequential path may be left to the server", () => {
  expect([to("", "/a/", "1"), to("", "/", "1"), to("/x", "/", "1")]).toEqual(["/a/", "/", "/x/"]);
});

test("the ancestors of a path are those between the root and itself", () => {
  expect([ancestorsOf("/a/b/c"), ancestorsOf("/a"), ancestorsOf("/")]).toEqual([
    ["/a", "/a/b"],
    [],
    [],
  ]);
});
