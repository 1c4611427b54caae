import { describe, expect, test } from "vitest";
import { formatSession } from "../../src/core/base/ids.ts";
import { apply } from "../../src/core/tree/apply.ts";
import { snapshotPieces } from "../../src/core/tree/snapshot.ts";
import type { DataTree } from "../../src/core/tree/tree.ts";
import { WatchTable } from "../../src/core/tree/watches.ts";
import { type DescribedNode, describeTree } from "./describe-tree.ts";
import { loadGolden } from "./golden.ts";
import { filesOf, loadSnapshot, readLog, snapshotStream, zxidOfName } from "./java-datadir.ts";

const peers = ["peer1", "peer2", "peer3"];
const treeDigest = 0x1371bfaad2;

interface Expected {
  readonly sessions: Record<string, number>;
  readonly ephemerals: Record<string, readonly string[]>;
  readonly nodes: readonly DescribedNode[];
}
const expected = loadGolden("java-datadir/expected.json") as unknown as Expected;

/** Written by each peer for itself. */
const isLocal = ({ path }: { path: string }): boolean => path === "/zookeeper/config";

const replicated = (nodes: readonly DescribedNode[]): unknown[] =>
  nodes
    .filter((node) => !isLocal(node))
    .map(({ path, dataHex, acl, stat, clientStat, children }) => ({
      path,
      dataHex,
      acl,
      stat,
      clientStat,
      children: [...children].sort(),
    }))
    .sort((left, right) => (left.path < right.path ? -1 : 1));

/** Applies what the peer's logs hold above the tree; returns how many digests were compared and which differed. */
function replay(tree: DataTree, peer: string): { compared: number; different: string[] } {
  const watches = new WatchTable();
  const different: string[] = [];
  let compared = 0;
  for (const { txn } of filesOf(peer, "log").flatMap(readLog)) {
    if (txn.zxid <= tree.lastApplied) continue;
    apply({ tree, watches, fired: [] }, txn);
    if (txn.digest === undefined) continue;
    compared += 1;
    if (txn.digest.tree !== tree.digest) different.push(txn.zxid.toString(16));
  }
  return { compared, different };
}

function state(tree: DataTree): unknown {
  return {
    lastApplied: tree.lastApplied,
    digest: tree.digest,
    sessions: Object.fromEntries([...tree.sessions].map(([id, t]) => [formatSession(id), t])),
    ephemerals: Object.fromEntries(
      [...tree.ephemerals].map(([id, paths]) => [formatSession(id), [...paths].sort()]),
    ),
    nodes: replicated(describeTree(tree)),
  };
}

const expectedState = {
  lastApplied: 0x20000000b,
  digest: treeDigest,
  sessions: expected.sessions,
  ephemerals: expected.ephemerals,
  nodes: replicated(expected.nodes),
};

describe("a data directory that Apache wrote", () => {
  test.each(peers)("%s loads from its newest snapshot and its logs", (peer) => {
    const newest = filesOf(peer, "snapshot").at(-1) ?? "";
    const tree = loadSnapshot(snapshotStream(newest), zxidOfName(newest));
    expect(replay(tree, peer)).toEqual({ compared: expect.any(Number), different: [] });
    expect(state(tree)).toEqual(expectedState);
  });

  test.each(peers)("%s loads from nothing but its logs, and every digest matches", (peer) => {
    const empty = filesOf(peer, "snapshot")[0] ?? "";
    const tree = loadSnapshot(snapshotStream(empty), 0);
    expect(replay(tree, peer)).toEqual({ compared: 57, different: [] });
    expect(state(tree)).toEqual(expectedState);
  });

  test.each(peers.flatMap((peer) => filesOf(peer, "snapshot")))(
    "%s, read and written again, is the same tree",
    (file) => {
      const tree = loadSnapshot(snapshotStream(file), zxidOfName(file));
      const again = loadSnapshot(Buffer.concat([...snapshotPieces(tree)]), zxidOfName(file));
      expect(state(again)).toEqual(state(tree));
    },
  );

  test("the snapshot that Apache took of the loaded tree holds the same", () => {
    const tree = loadSnapshot(snapshotStream("final/snapshot.20000000b"), 0x20000000b);
    expect(state(tree)).toEqual(expectedState);
  });
});
