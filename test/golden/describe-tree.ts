import { present } from "../../src/core/base/assert.ts";
import { formatSession, formatZxid } from "../../src/core/base/ids.ts";
import type { Acl } from "../../src/core/protocol/records.ts";
import { childPath, rootPath } from "../../src/core/tree/path.ts";
import { type DataTree, shownAcl } from "../../src/core/tree/tree.ts";
import { statOf, type Znode } from "../../src/core/tree/znode.ts";
import { toHex } from "./golden.ts";

/** A znode in full, as plain values. */
export interface DescribedNode {
  readonly path: string;
  readonly dataHex: string | null;
  readonly acl: readonly Acl[];
  readonly stat: Record<string, number | string>;
  readonly clientStat: Record<string, number | string>;
  readonly children: readonly string[];
}

/** Every znode, sorted by path. */
export function describeTree(tree: DataTree): DescribedNode[] {
  const nodes: DescribedNode[] = [];
  walk(tree, rootPath, (path, node) => {
    const client = statOf(node);
    const stat = {
      czxid: formatZxid(node.czxid),
      mzxid: formatZxid(node.mzxid),
      ctime: node.ctime,
      mtime: node.mtime,
      version: node.version,
      cversion: node.cversion,
      aversion: node.aversion,
      ephemeralOwner: formatSession(node.owner),
      pzxid: formatZxid(node.pzxid),
      dataLength: node.data?.length ?? 0,
      numChildren: node.childCount,
    };
    nodes.push({
      path,
      dataHex: node.data === null ? null : toHex(node.data),
      acl: shownAcl(node).map(({ perms, scheme, id }) => ({ perms, scheme, id })),
      stat,
      clientStat: {
        ...stat,
        cversion: client.cversion,
        ephemeralOwner: formatSession(client.ephemeralOwner),
      },
      children: tree.childNames(node).sort(),
    });
  });
  return nodes.sort((left, right) => (left.path < right.path ? -1 : 1));
}

function walk(tree: DataTree, path: string, visit: (path: string, node: Znode) => void): void {
  const node = present(tree.get(path), path);
  visit(path, node);
  for (const name of tree.childNames(node)) walk(tree, childPath(path, name), visit);
}
