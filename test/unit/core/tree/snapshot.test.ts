import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { present } from "../../../../src/core/base/assert.ts";
import { noSession, type SessionId, zxidOf } from "../../../../src/core/base/ids.ts";
import { SnapshotEnd } from "../../../../src/core/packets/snapshot-end.ts";
import { openAcl } from "../../../../src/core/tree/acl.ts";
import { SnapshotLoader, snapshotPieces } from "../../../../src/core/tree/snapshot.ts";
import { DataTree } from "../../../../src/core/tree/tree.ts";
import { describeTree } from "../../../golden/describe-tree.ts";
import { fromHex, type Golden, loadGolden, toHex } from "../../../golden/golden.ts";
import { bytes, Stage } from "../server/stage.ts";

const recorded = (name: string): Uint8Array => {
  const units = loadGolden<Golden<unknown>>("golden-quorum.json");
  return fromHex(
    present(
      units.find((unit) => unit.name === name),
      name,
    ).hex,
  );
};
const stream = recorded("sync-snap/05-snapshot-stream-leader");

function load(...pieces: Uint8Array[]): DataTree {
  const loader = new SnapshotLoader();
  for (const piece of pieces) loader.push(piece);
  return loader.finish();
}

/** The stream cut at some places. */
const cuts = (bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> =>
  fc.uniqueArray(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }).map((places) => {
    const sorted = [0, ...places.sort((left, right) => left - right), bytes.length];
    return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end));
  });

const written = (tree: DataTree): Buffer => Buffer.concat([...snapshotPieces(tree)]);

describe("a snapshot from Apache", () => {
  test("loads however it is cut", () => {
    const whole = describeTree(load(stream));
    expect(whole.map((node) => node.path)).toContain("/golden/s-0000000004");
    expect(describeTree(load(...Array.from(stream, (_, i) => stream.subarray(i, i + 1))))).toEqual(
      whole,
    );
    fc.assert(
      fc.property(cuts(stream), (pieces) => {
        expect(describeTree(load(...pieces))).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  test("loads its sessions, owners and ACLs", () => {
    const tree = load(stream);
    expect([...tree.sessions]).toEqual([[0x300000ef1eb0000n, 8000]]);
    expect([[...tree.containers], [...tree.ttls]]).toEqual([["/golden/cont"], ["/golden/ttl"]]);
    expect(tree.get("/golden")?.acl).toEqual([
      { perms: 31, scheme: "world", id: "anyone" },
      { perms: 1, scheme: "ip", id: "127.0.0.1" },
    ]);
  });

  test.each(["copy", "branch"] as const)(
    "makes a %s with all that it holds, which changes alone",
    (make) => {
      const tree = load(stream);
      const whole = describeTree(tree);
      const before = [tree.digest, tree.nodeCount, tree.approximateSize, tree.ephemeralCount];
      const copy = tree[make]();
      expect(describeTree(copy)).toEqual(whole);
      expect([copy.digest, copy.nodeCount, copy.approximateSize, copy.ephemeralCount]).toEqual(
        before,
      );
      expect([[...copy.sessions], [...copy.containers], [...copy.ttls]]).toEqual([
        [...tree.sessions],
        [...tree.containers],
        [...tree.ttls],
      ]);
      for (const { path } of whole.toReversed()) {
        const node = present(copy.get(path), path);
        copy.setData(path, node, bytes("another"));
        copy.setAcl(node, openAcl);
        node.version += 1;
        copy.updateDigest(path, node);
        if (path.startsWith("/golden")) copy.remove(path, node);
      }
      expect(describeTree(tree)).toEqual(whole);
      expect([tree.digest, tree.nodeCount, tree.approximateSize, tree.ephemeralCount]).toEqual(
        before,
      );
    },
  );

  test("is copied in the order of its children, however many they are", () => {
    const tree = new DataTree();
    const fields = { data: null, acl: openAcl, owner: noSession, zxid: zxidOf(1), time: 0 };
    for (let i = 0; i < 9000; i += 1) {
      const path = i % 3 === 0 ? `/n${i}` : `/n${i - (i % 3)}/n${i}`;
      tree.insert(path, fields);
    }
    for (const copy of [tree.copy(), tree.branch(), tree.branch().copy()]) {
      expect(describeTree(copy)).toEqual(describeTree(tree));
      expect(copy.digest).toBe(tree.digest);
    }
  });

  test("lends its branches nothing that they change first, by whatever way they come to it", () => {
    const tree = load(stream);
    const whole = describeTree(tree);
    const fields = { data: null, acl: openAcl, owner: noSession, zxid: zxidOf(1), time: 0 };
    const changes: readonly ((branch: DataTree) => void)[] = [
      (branch) => branch.insert("/last", fields),
      (branch) => {
        for (const node of branch.nodes()) node.version += 1;
      },
      (branch) => {
        for (const child of branch.childrenOf(branch.root)) child.mtime = 7;
      },
      (branch) => branch.setConfigNode("server.1=…", zxidOf(1)),
      (branch) => {
        branch.root.cversion += 1;
      },
    ];
    for (const change of changes) {
      const branch = tree.branch();
      change(branch);
      expect(describeTree(branch)).not.toEqual(whole);
      expect(describeTree(tree)).toEqual(whole);
    }
  });

  test("of an observer and of an empty database load too", () => {
    expect(load(recorded("sync-observer-snap/05-snapshot-stream-leader")).nodeCount).toBe(5);
    const file = recorded("disk/snapshot.0").subarray(16);
    const end = new SnapshotEnd("file");
    const length = end.push(file);
    expect(end.done).toBe(true);
    const signature = Buffer.from("0000000a42656e57617348657265", "hex");
    expect(load(Buffer.concat([file.subarray(0, length), signature])).nodeCount).toBe(5);
  });
});

describe("the end of a snapshot", () => {
  test("is found, with whatever packets come behind it, however the bytes are cut", () => {
    const behind = bytes("the next packet");
    const all = Buffer.concat([stream, behind]);
    fc.assert(
      fc.property(cuts(all), (pieces) => {
        const end = new SnapshotEnd();
        const used = pieces.map((piece) => end.push(piece)).reduce((sum, count) => sum + count, 0);
        expect([end.done, used]).toEqual([true, stream.length]);
      }),
    );
  });

  test("is not there before the last byte", () => {
    const end = new SnapshotEnd();
    expect(end.push(stream.subarray(0, -1))).toBe(stream.length - 1);
    expect(end.done).toBe(false);
  });
});

describe("what is no snapshot", () => {
  const hex = (text: string): Uint8Array => fromHex(text.replaceAll(" ", ""));
  const noSessions = "00000000";
  const noAcls = "00000000";
  const stat = "00".repeat(60);
  const node = (path: string): string =>
    `${path.length.toString(16).padStart(8, "0")}${toHex(bytes(path))} ffffffff ffffffffffffffff${stat}`;
  const close = "00000001 2f 0000000a 42656e57617348657265";

  test.each([
    ["a path of no bytes at all", `${noSessions} ${noAcls} ffffffff`],
    ["data of a negative length", `${noSessions} ${noAcls} 00000000 fffffffe`],
    ["a node without its parent", `${noSessions} ${noAcls} ${node("")}${node("/a/b")}${close}`],
    ["a node before the root", `${noSessions} ${noAcls} ${node("/a")}${close}`],
    ["a node twice", `${noSessions} ${noAcls} ${node("")}${node("/a")}${node("/a")}${close}`],
    ["the root twice", `${noSessions} ${noAcls} ${node("")}${node("")}${close}`],
    ["bytes behind the end", `${noSessions} ${noAcls} ${node("")}${close}00`],
    ["nothing", ""],
    ["half of one", `${noSessions} ${noAcls} ${node("")}`],
  ])("is refused: %s", (_, text) => {
    expect(() => load(hex(text))).toThrow(expect.objectContaining({ name: "ProtocolError" }));
  });

  test("an ACL that the stream does not hold is no error: the log brings it", () => {
    const unknown = node("/a").replace("ffffffffffffffff", "0000000000000007");
    const tree = load(hex(`${noSessions} ${noAcls} ${node("")}${unknown}${close}`));
    expect(tree.get("/a")?.acl).toBe(openAcl);
    expect(tree.nodeCount).toBe(6);
  });
});

describe("our snapshot", () => {
  test("of a tree with everything reads back to the same, bytes included", () => {
    const stage = new Stage();
    stage.create("/null", { data: null });
    stage.create("/data", {
      data: bytes("x".repeat(100_000)),
      acl: [{ perms: 1, scheme: "world", id: "anyone" }],
    });
    stage.create("/data/mine", { flags: 1 });
    stage.create("/data/n-", { flags: 2 });
    const pieces = [...snapshotPieces(stage.tree)];
    expect(pieces).toHaveLength(2);
    const tree = load(...pieces);
    tree.lastApplied = stage.tree.lastApplied;
    expect(describeTree(tree)).toEqual(describeTree(stage.tree));
    expect(tree.digest).toBe(stage.tree.digest);
    expect(written(tree).equals(written(stage.tree))).toBe(true);
  });

  test("of what lasts is the same of a tree and of its copy of what lasts", () => {
    const stage = new Stage();
    stage.tree.openSession(5n as SessionId, 4000);
    const readable = [{ perms: 1, scheme: "world", id: "anyone" }];
    stage.create("/data", { acl: readable });
    stage.create("/data/mine", { flags: 1 });
    stage.create("/data/seq-", { flags: 2 });
    stage.create("/mine", { flags: 1, acl: readable });
    stage.tree.setConfigNode("server.1=…", zxidOf(7), 7);
    const asSuper = { ids: [{ scheme: "super", id: "" }] };
    stage.create("/zookeeper/config/x", asSuper);
    stage.create("/zookeeper/config/x/y", asSuper);
    stage.create("/zookeeper/config/mine", { flags: 1, ...asSuper });
    stage.create("/zookeeper/configs", asSuper);
    expect(stage.tree.childNames(present(stage.tree.get("/zookeeper/config"), ""))).toHaveLength(2);
    const copy = stage.tree.copyOfLasting();
    const pieces = [...snapshotPieces(stage.tree, undefined, "lasting")];
    expect(Buffer.concat([...snapshotPieces(copy, undefined, "lasting")])).toEqual(
      Buffer.concat(pieces),
    );
    const loaded = load(...pieces);
    expect(describeTree(copy)).toEqual(describeTree(loaded));
    expect(copy.get("/zookeeper/configs")).toBeDefined();
    expect(copy.get("/zookeeper/config")?.childCount).toBe(0);
    expect([copy.digest, copy.approximateSize, copy.nodeCount, copy.ephemeralCount]).toEqual([
      loaded.digest,
      loaded.approximateSize,
      loaded.nodeCount,
      loaded.ephemeralCount,
    ]);
    expect([copy.sessions.size, stage.tree.sessions.size > 0]).toEqual([0, true]);
  });

  test("leaves out what came while it was taken", () => {
    const stage = new Stage();
    stage.create("/a");
    const pieces = snapshotPieces(stage.tree, 1);
    const first = pieces.next();
    stage.create("/b");
    const tree = load(first.value ?? new Uint8Array(0), ...pieces);
    tree.lastApplied = zxidOf(3);
    expect([tree.get("/a"), tree.get("/b")]).toEqual([expect.anything(), undefined]);
  });
});
