import { describe, expect, test } from "vitest";
import { type SessionId, sessionIdOf, zxidOf } from "../../../../src/core/base/ids.ts";
import { ErrorCode } from "../../../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { openAcl, readOnlyAcl } from "../../../../src/core/tree/acl.ts";
import { apply, type TxnResult } from "../../../../src/core/tree/apply.ts";
import { DataTree } from "../../../../src/core/tree/tree.ts";
import { WatchTable } from "../../../../src/core/tree/watches.ts";
import { containerOwner, statOf, ttlOf } from "../../../../src/core/tree/znode.ts";
import type { CreateTxn, SubTxn } from "../../../../src/core/txn/txn.ts";

const session: SessionId = sessionIdOf(0xa1n);

function run(tree: DataTree, zxid: number, what: SubTxn): TxnResult {
  const txn = {
    ...what,
    session,
    cxid: 1,
    zxid: zxidOf(zxid),
    time: zxid * 1000,
    digest: undefined,
  };
  return apply({ tree, watches: new WatchTable(), fired: [] }, txn);
}

const create = (path: string, more: Partial<CreateTxn> = {}): SubTxn => ({
  type: OpCode.create,
  body: { path, data: null, acl: openAcl, ephemeral: false, parentCversion: 1, ...more },
});
const remove = (path: string): SubTxn => ({ type: OpCode.delete, body: { path } });
const stat = (tree: DataTree, path: string): unknown => {
  const node = tree.get(path);
  return node && { cversion: node.cversion, pzxid: node.pzxid, seen: statOf(node).cversion };
};

describe("a fresh tree", () => {
  test("has the nodes of every tree, the root counted twice", () => {
    const tree = new DataTree();
    expect([tree.nodeCount, tree.approximateSize, tree.ephemeralCount]).toEqual([5, 44, 0]);
    expect(["/", "/zookeeper", "/zookeeper/quota"].map((path) => stat(tree, path))).toEqual([
      { cversion: 0, pzxid: 0, seen: -1 },
      { cversion: 0, pzxid: 0, seen: -2 },
      { cversion: 0, pzxid: 0, seen: 0 },
    ]);
    expect(tree.get("")).toBe(tree.root);
    expect(tree.get("/zookeeper/config")).toMatchObject({ aversion: -1, acl: readOnlyAcl });
    expect(tree.digest).toBe(0x51c6d660); // what Apache's first transactions carry
  });

  test("shows the configuration it was told, which counts in no digest", () => {
    const tree = new DataTree();
    tree.setConfigNode("server.1=…", zxidOf(7), 9);
    expect(tree.get("/zookeeper/config")).toMatchObject({
      version: -1,
      mzxid: 7,
      mtime: 9,
      czxid: 0,
    });
    expect(tree.digest).toBe(0x51c6d660);
  });
});

describe("replayed over a snapshot that holds some of its effects", () => {
  test("a create of a node that is there raises its parent's count, and relinks its ACL", () => {
    const tree = new DataTree();
    run(tree, 1, create("/p"));
    run(tree, 2, create("/p/c"));
    const id = tree.get("/p/c")?.id;
    const again = create("/p/c", { parentCversion: 5, acl: readOnlyAcl });
    expect(run(tree, 9, again)).toEqual({ err: ErrorCode.NODEEXISTS, type: 1, body: undefined });
    expect(stat(tree, "/p")).toEqual({ cversion: 5, pzxid: 9, seen: 9 });
    expect(tree.get("/p/c")).toMatchObject({ id, czxid: 2, acl: readOnlyAcl });
  });

  test("a create never lowers its parent's count, and then leaves pzxid alone", () => {
    const tree = new DataTree();
    run(tree, 1, create("/p"));
    run(tree, 5, create("/p/late", { parentCversion: 3 }));
    run(tree, 2, create("/p/early", { parentCversion: 1 }));
    expect(stat(tree, "/p")).toEqual({ cversion: 3, pzxid: 5, seen: 4 });
  });

  test("a create of an old log counts one more", () => {
    const tree = new DataTree();
    run(tree, 1, create("/p"));
    run(tree, 2, create("/p/c", { parentCversion: -1 }));
    expect(stat(tree, "/p")).toEqual({ cversion: 1, pzxid: 2, seen: 1 });
  });

  test("a delete of a node that is gone moves its parent's pzxid, forward only", () => {
    const tree = new DataTree();
    run(tree, 3, create("/p"));
    expect(run(tree, 5, remove("/p/gone")).err).toBe(ErrorCode.NONODE);
    expect(stat(tree, "/p")).toEqual({ cversion: 0, pzxid: 5, seen: 0 });
    run(tree, 4, remove("/p/gone"));
    expect(stat(tree, "/p")).toEqual({ cversion: 0, pzxid: 5, seen: 0 });
    expect(run(tree, 6, remove("/no/gone")).err).toBe(ErrorCode.NONODE);
  });

  test("closing a session removes the listed nodes, then all others it still owns", () => {
    const tree = new DataTree();
    run(tree, 1, { type: OpCode.createSession, body: { timeout: 4000 } });
    run(tree, 2, create("/e1", { ephemeral: true }));
    run(tree, 3, create("/e2", { ephemeral: true }));
    expect([tree.ephemeralsOf(session), tree.sessions.get(session)]).toEqual([
      ["/e1", "/e2"],
      4000,
    ]);
    run(tree, 4, { type: OpCode.closeSession, body: { paths: ["/e2", "/gone"] } });
    expect([tree.get("/e1"), tree.get("/e2"), tree.sessions.size]).toEqual([
      undefined,
      undefined,
      0,
    ]);
    expect(stat(tree, "/")).toEqual({ cversion: 1, pzxid: 4, seen: 1 });
    expect(tree.ephemerals.size).toBe(0);
  });

  test("an older closeSession lists nothing, and removes the same", () => {
    const tree = new DataTree();
    run(tree, 1, create("/e1", { ephemeral: true }));
    run(tree, 2, { type: OpCode.closeSession, body: { paths: undefined } });
    expect(tree.get("/e1")).toBeUndefined();
  });
});

describe("a transaction", () => {
  test("moves lastApplied forward only, failed ones too", () => {
    const tree = new DataTree();
    run(tree, 5, { type: OpCode.error, body: { err: -101 } });
    expect(tree.lastApplied).toBe(5);
    run(tree, 4, create("/a"));
    expect(tree.lastApplied).toBe(5);
  });

  test("that is an error answers it", () => {
    expect(run(new DataTree(), 1, { type: OpCode.error, body: { err: -103 } })).toEqual({
      err: -103,
      type: -1,
      body: undefined,
    });
  });

  test("of a multi with an error changes nothing: 0 before it, −2 behind", () => {
    const tree = new DataTree();
    const txns: SubTxn[] = [
      create("/a"),
      { type: OpCode.error, body: { err: -103 } },
      { type: OpCode.error, body: { err: -2 } },
    ];
    expect(run(tree, 1, { type: OpCode.multi, body: { txns } })).toEqual({
      err: 0,
      type: 14,
      body: {
        results: [
          { type: -1, err: 0 },
          { type: -1, err: -103 },
          { type: -1, err: -2 },
        ],
      },
    });
    expect(tree.get("/a")).toBeUndefined();
  });

  test("of a multi answers each element with the Stat right after it", () => {
    const tree = new DataTree();
    const data = new Uint8Array([1, 2]);
    const txns: SubTxn[] = [
      { ...create("/a"), type: OpCode.create2 } as SubTxn,
      { type: OpCode.setData, body: { path: "/a", data, version: 1 } },
      { type: OpCode.check, body: { path: "/a", version: 2 } },
      { type: OpCode.setData, body: { path: "/a", data: null, version: 2 } },
      remove("/a"),
    ];
    const { body } = run(tree, 3, { type: OpCode.multi, body: { txns } });
    const seen = { czxid: 3, mzxid: 3, ctime: 3000, mtime: 3000, cversion: 0, aversion: 0 };
    const rest = { ephemeralOwner: 0n, numChildren: 0, pzxid: 3 };
    expect(body).toEqual({
      results: [
        { type: 15, path: "/a", stat: { ...seen, ...rest, version: 0, dataLength: 0 } },
        { type: 5, stat: { ...seen, ...rest, version: 1, dataLength: 2 } },
        { type: 13 },
        { type: 5, stat: { ...seen, ...rest, version: 2, dataLength: 0 } },
        { type: 2 },
      ],
    });
  });

  test("leave the tree data of its own, whatever becomes of the transaction's", () => {
    const tree = new DataTree();
    const data = new Uint8Array(100).fill(1);
    run(tree, 1, create("/created", { data }));
    run(tree, 2, create("/set"));
    run(tree, 3, { type: OpCode.setData, body: { path: "/set", data, version: 1 } });
    data.fill(2);
    const kept = ["/created", "/set"].map((path) => tree.get(path)?.data);
    expect(kept).toEqual([new Uint8Array(100).fill(1), new Uint8Array(100).fill(1)]);
  });

  test("of a reconfig answers the new text", () => {
    const tree = new DataTree();
    const data = new Uint8Array([65]);
    const reconfig = { path: "/zookeeper/config", data, version: -1 };
    expect(run(tree, 7, { type: OpCode.reconfig, body: reconfig }).body).toMatchObject({
      data,
      stat: { version: -1, mzxid: 7 },
    });
  });

  test("makes containers and TTL nodes, whose owner clients do not see", () => {
    const tree = new DataTree();
    const body = { path: "/c", data: null, acl: openAcl, parentCversion: 1 };
    run(tree, 1, { type: OpCode.createContainer, body });
    const made = run(tree, 2, {
      type: OpCode.createTtl,
      body: { ...body, path: "/t", parentCversion: 2, ttl: 0xff_ffff_ffff },
    });
    expect([[...tree.containers], [...tree.ttls]]).toEqual([["/c"], ["/t"]]);
    expect(tree.get("/c")?.owner).toBe(containerOwner);
    expect(ttlOf(tree.get("/t")?.owner ?? session)).toBe(0xff_ffff_ffff);
    expect(made.body).toMatchObject({ path: "/t", stat: { ephemeralOwner: 0n } });
    run(tree, 3, { type: OpCode.deleteContainer, body: { path: "/c" } });
    run(tree, 4, remove("/t"));
    expect([tree.containers.size, tree.ttls.size]).toEqual([0, 0]);
  });
});
