import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { present } from "../../../../src/core/base/assert.ts";
import { noSession, zxidOf } from "../../../../src/core/base/ids.ts";
import { Decoder } from "../../../../src/core/base/pieces.ts";
import { openAcl } from "../../../../src/core/tree/acl.ts";
import { DataTree } from "../../../../src/core/tree/tree.ts";
import { bytes } from "../server/stage.ts";

const fields = { data: bytes("12"), acl: openAcl, owner: noSession, zxid: zxidOf(1), time: 0 };

const pathsOf = (tree: DataTree): string[] =>
  Array.from(tree.nodes(), ({ path }) => {
    const text = new Decoder();
    text.add(path);
    return text.text();
  });

const remove = (tree: DataTree, path: string): void =>
  tree.remove(path, present(tree.get(path), path));

test("nodes come parents first and in the order they were made, whatever went", () => {
  const tree = new DataTree("bare");
  for (const path of ["/b", "/a", "/b/c", "/é", "/b/c/d"]) tree.insert(path, fields);
  remove(tree, "/a");
  tree.insert("/a", fields);
  tree.insert("/a/x", fields);
  expect(pathsOf(tree)).toEqual(["/", "/b", "/b/c", "/é", "/b/c/d", "/a", "/a/x"]);
  expect(tree.childNames(tree.root)).toEqual(["b", "é", "a"]);
});

test("nodes come and go while they are walked", () => {
  const tree = new DataTree("bare");
  for (let i = 0; i < 3000; i += 1) tree.insert(`/n${i}`, fields);
  const seen: string[] = [];
  for (const node of tree.nodes()) {
    const text = new Decoder();
    text.add(node.path);
    seen.push(text.text());
    if (seen.length !== 2) continue;
    for (let i = 1; i < 2900; i += 1) remove(tree, `/n${i}`);
    for (let i = 0; i < 5000; i += 1) tree.insert(`/late${i}`, fields);
  }
  const early = seen.filter((path) => !path.startsWith("/late"));
  expect(early).toEqual(["/", "/n0", ...Array.from({ length: 100 }, (_, i) => `/n${2900 + i}`)]);
});

test("who holds a node that was removed reads on what it was, but for its data", () => {
  const tree = new DataTree("bare");
  const node = tree.insert("/a", { ...fields, zxid: zxidOf(7) });
  remove(tree, "/a");
  for (let i = 0; i < 5000; i += 1) tree.insert(`/n${i}`, fields);
  expect([node.czxid, node.dataLength, node.acl, node.data]).toEqual([7, 2, openAcl, null]);
});

test("the rows of nodes that went are given back", () => {
  const tree = new DataTree("bare");
  tree.insert("/stays", fields);
  let last = 0;
  for (let i = 0; i < 20_000; i += 1) {
    last = tree.insert(`/n${i}`, fields).id;
    remove(tree, `/n${i}`);
  }
  expect(last).toBeLessThan(10_000);
  expect(pathsOf(tree)).toEqual(["/", "/stays"]);
});

/** V8's pauses are as long as what its collector has to move and to mark: objects of its heap. */
test("a znode is no object: fifty thousand leave less than 64 bytes each on V8's heap", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  const tree = new DataTree("bare");
  for (let i = 0; i < 50; i += 1) {
    tree.insert(`/folder-${i}`, fields);
    for (let k = 0; k < 1000; k += 1) tree.insert(`/folder-${i}/node-${k}`, fields);
  }
  expect((used() - before) / tree.nodeCount).toBeLessThan(64);
  expect(tree.nodeCount).toBe(50_052);
});
