import { describe, expect, test } from "vitest";
import { noSession, zxidOf } from "../../../src/core/base/ids.ts";
import { atOnce } from "../../../src/core/base/parts.ts";
import { parentOf } from "../../../src/core/tree/path.ts";
import { DataTree } from "../../../src/core/tree/tree.ts";
import type { TreeLiteral } from "../../../src/ensemble/api.ts";
import { seedOps } from "../../../src/ensemble/tree-edits.ts";
import * as literals from "../../../src/ensemble/tree-literal.ts";
import { nodesOf } from "../../../src/ensemble/tree-literal.ts";

const dumpTree = (tree: DataTree, path: string): TreeLiteral | undefined =>
  atOnce(literals.dumpTree(tree, path));
const pathsBelow = (tree: DataTree, path: string): string[] =>
  atOnce(literals.pathsBelow(tree, path));

function treeOf(nodes: Record<string, string | Uint8Array | null>): DataTree {
  const tree = new DataTree();
  for (const [path, data] of Object.entries(nodes)) {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const owner = noSession;
    tree.insert(path, { data: bytes, acl: null, owner, zxid: zxidOf(1), time: 0 });
  }
  return tree;
}
const raw = Uint8Array.of(0xff, 0x00);

describe("dumpTree", () => {
  const tree = treeOf({ "/b": "2", "/a": "own", "/a/y": raw, "/a/x": "é", "/c": "", "/c/d": null });

  test("shows names in order, text as text, bytes as bytes, without the server's own nodes", () => {
    expect(dumpTree(tree, "/")).toEqual({
      a: { "": "own", x: "é", y: raw },
      b: "2",
      c: { d: null },
    });
    expect(Object.keys(dumpTree(tree, "/") ?? {})).toEqual(["a", "b", "c"]);
  });

  test("shows a part, and nothing where there is no node", () => {
    expect(dumpTree(tree, "/a")).toEqual({ "": "own", x: "é", y: raw });
    expect(dumpTree(tree, "/b")).toEqual({ "": "2" });
    expect(dumpTree(tree, "/nowhere")).toBe(undefined);
  });

  test("a literal's nodes are those it was dumped from", () => {
    const literal = dumpTree(tree, "/") ?? {};
    expect(nodesOf(literal, "/")).toEqual([
      { path: "/a", data: "own" },
      { path: "/a/x", data: "é" },
      { path: "/a/y", data: raw },
      { path: "/b", data: "2" },
      { path: "/c", data: undefined },
      { path: "/c/d", data: null },
    ]);
  });

  test("paths below come children first", () => {
    expect(pathsBelow(tree, "/")).toEqual(["/a/x", "/a/y", "/a", "/b", "/c/d", "/c"]);
    expect(pathsBelow(tree, "/a")).toEqual(["/a/x", "/a/y"]);
  });
});

describe("nodesOf", () => {
  test("takes the literal's own data for the path it stands at", () => {
    expect(nodesOf({ x: "1", "": "own" }, "/app")).toEqual([
      { path: "/app", data: "own" },
      { path: "/app/x", data: "1" },
    ]);
  });

  test.each<[unknown, string, string]>([
    [{ "a/b": "1" }, "/", 'option tree at /: "a/b" is no name of a node'],
    [{ "..": "1" }, "/", 'option tree at /: ".." is no name of a node'],
    [{ a: 5 }, "/", "option tree at /a: 5 is neither text, bytes, null nor an object of nodes"],
    [
      { a: { "": {} } },
      "/",
      'option tree at /a, "": {} is a node\'s own data: text, bytes or null',
    ],
    ["text", "/", 'option tree: "text" is no object of nodes by name'],
    [{}, "app", 'option path: "app" is no path of a znode'],
  ])("refuses %j at %s", (literal, path, message) => {
    expect(() => nodesOf(literal as TreeLiteral, path)).toThrow(message);
  });
});

test("seedOps creates what is missing, ancestors first, and sets what is there", () => {
  const tree = treeOf({ "/a": "old", "/b": "old" });
  const ops = seedOps(tree, [
    { path: "/a", data: "new" },
    { path: "/b", data: undefined },
    { path: "/x/y/z", data: null },
    { path: "/x/w", data: raw },
  ]);
  expect(ops).toEqual([
    { op: "set", path: "/a", data: "new" },
    { op: "create", path: "/x", data: "" },
    { op: "create", path: "/x/y", data: "" },
    { op: "create", path: "/x/y/z", data: null },
    { op: "create", path: "/x/w", data: raw },
  ]);
  expect(ops.map(({ path }) => parentOf(path ?? ""))).not.toContain("/nowhere");
});
