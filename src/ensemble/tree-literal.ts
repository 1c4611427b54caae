import type { Parts } from "../core/base/parts.ts";
import { sorted } from "../core/base/sorted.ts";
import { childPath, validatePath } from "../core/tree/path.ts";
import type { DataTree } from "../core/tree/tree.ts";
import type { TreeLiteral } from "./api.ts";
import { badOption } from "./given.ts";

/** One node of a literal: its path, and its data where the literal gives any. */
export interface LiteralNode {
  readonly path: string;
  readonly data: string | Uint8Array | null | undefined;
}

const rootPath = "/";
/** The server's own nodes, which no literal holds. */
const systemName = "zookeeper";
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Nodes that are looked at in one part. */
const nodesInPart = 500;

/** The subtree at `path`, names in order; undefined where there is no node. */
export function* dumpTree(tree: DataTree, path: string): Parts<TreeLiteral | undefined> {
  const node = tree.get(path);
  if (node === undefined) return undefined;
  const literal: TreeLiteral = {};
  const own = literalData(node.data);
  if (own !== null && own.length > 0) literal[""] = own;
  let count = 0;
  for (const name of yield* namesIn(tree, path)) {
    if (path === rootPath && name === systemName) continue;
    const below = childPath(path, name);
    const child = tree.get(below);
    if (child === undefined) continue;
    literal[name] =
      child.childCount === 0 ? literalData(child.data) : ((yield* dumpTree(tree, below)) ?? null);
    count += 1;
    if (count % nodesInPart === 0) yield;
  }
  return literal;
}

/** Text where the bytes are text, else a copy of them. */
export function literalData(data: Uint8Array | null): string | Uint8Array | null {
  if (data === null) return null;
  try {
    return utf8.decode(data);
  } catch {
    return Uint8Array.from(data);
  }
}

/** In order; at least one part for every node that has children. */
function* namesIn(tree: DataTree, path: string): Parts<readonly string[]> {
  yield;
  const node = tree.get(path);
  return node === undefined ? [] : yield* sorted(tree.childNames(node));
}

/** Every path below `path`, children before their parents, without the server's own. */
export function* pathsBelow(tree: DataTree, path: string): Parts<string[]> {
  const paths: string[] = [];
  yield* addPathsBelow(tree, path, paths);
  return paths;
}

function* addPathsBelow(tree: DataTree, path: string, paths: string[]): Parts<void> {
  for (const name of yield* namesIn(tree, path)) {
    if (path === rootPath && name === systemName) continue;
    const below = childPath(path, name);
    if ((tree.get(below)?.childCount ?? 0) > 0) yield* addPathsBelow(tree, below, paths);
    paths.push(below);
    if (paths.length % nodesInPart === 0) yield;
  }
}

/** None of them is there. */
export function* areGone(tree: DataTree, paths: readonly string[]): Parts<boolean> {
  for (const [index, path] of paths.entries()) {
    if (tree.get(path) !== undefined) return false;
    if (index % nodesInPart === 0) yield;
  }
  return true;
}

/** The nodes of a literal that stands at `path`, parents first; that at `path` itself only where the literal gives it data. */
export function nodesOf(literal: TreeLiteral, path: string): LiteralNode[] {
  if (!isPath(path)) throw badOption("path", path, "is no path of a znode");
  if (!isLiteral(literal)) throw badOption("tree", literal, "is no object of nodes by name");
  const [self, ...below] = walk(literal, path);
  return self === undefined || literal[""] === undefined ? below : [self, ...below];
}

function* walk(value: TreeLiteral[string], path: string): Generator<LiteralNode> {
  if (isData(value)) return yield { path, data: value };
  if (!isLiteral(value)) {
    throw badOption(
      `tree at ${path}`,
      value,
      "is neither text, bytes, null nor an object of nodes",
    );
  }
  const { "": own, ...children } = value;
  if (own !== undefined && !isData(own)) {
    throw badOption(`tree at ${path}, ""`, own, "is a node's own data: text, bytes or null");
  }
  yield { path, data: own };
  for (const [name, child] of Object.entries(children)) {
    const at = childPath(path, name);
    if (name.includes("/") || !validatePath(at)) {
      throw badOption(`tree at ${path}`, name, "is no name of a node");
    }
    yield* walk(child, at);
  }
}

export const isPath = (path: unknown): path is string =>
  typeof path === "string" && validatePath(path);

// By shape, not by class: inside Jest's sandbox the caller's Uint8Array is another one.
const isData = (value: unknown): value is string | Uint8Array | null =>
  typeof value === "string" || value === null || ArrayBuffer.isView(value);

const isLiteral = (value: unknown): value is TreeLiteral =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
