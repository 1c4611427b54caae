import { describe, expect, test } from "vitest";
import { noSession, zxidZero } from "../../../../src/core/base/ids.ts";
import { errorName } from "../../../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import { parseQuota } from "../../../../src/core/tree/quotas.ts";
import { reapable } from "../../../../src/core/tree/reaper.ts";
import { SnapshotLoader, snapshotPieces } from "../../../../src/core/tree/snapshot.ts";
import { DataTree } from "../../../../src/core/tree/tree.ts";
import { bytes, creation, Stage } from "../server/stage.ts";

/** A quota on /a with these limits, set as the command line client sets one. */
function limited(limits: string, path = "/a", stage = new Stage({ enforceQuota: true })): Stage {
  if (stage.tree.get(path) === undefined) stage.create(path, { data: bytes("12") });
  let at = "/zookeeper/quota";
  for (const name of path.split("/").slice(1)) {
    at += `/${name}`;
    stage.create(at);
  }
  stage.create(`${at}/zookeeper_limits`, { data: bytes(limits) });
  stage.create(`${at}/zookeeper_stats`, { data: bytes("count=0,bytes=0") });
  return stage;
}

const stats = (stage: Stage, path = "/a"): string =>
  Buffer.from(stage.tree.get(`/zookeeper/quota${path}/zookeeper_stats`)?.data ?? []).toString();
const create = (stage: Stage, path: string, data = ""): string => {
  const { err } = stage.create(path, { data: bytes(data) });
  return err === 0 ? "ok" : errorName(err);
};

describe("a quota's stats", () => {
  test("count its subtree with itself, and what comes and goes", () => {
    const stage = limited("count=9,bytes=9");
    expect(stats(stage)).toBe("count=1,bytes=2");
    stage.create("/a/b", { data: bytes("345") });
    stage.create("/a/b/c", { data: null });
    stage.create("/ab", { data: bytes("no part of it") });
    expect(stats(stage)).toBe("count=3,bytes=5");
    stage.do(OpCode.setData, { path: "/a/b", data: bytes("6"), version: -1 });
    expect(stats(stage)).toBe("count=3,bytes=3");
    stage.do(OpCode.delete, { path: "/a/b/c", version: -1 });
    expect(stats(stage)).toBe("count=2,bytes=3");
  });

  test("count more children than a call takes arguments", () => {
    const tree = new DataTree();
    const node = { data: bytes("1"), acl: null, owner: noSession, zxid: zxidZero, time: 0 };
    tree.insert("/a", node);
    for (let i = 0; i < 150_000; i += 1) tree.insert(`/a/${i}`, node);
    const path = "/zookeeper/quota/a";
    tree.insert(path, node);
    tree.insert(`${path}/zookeeper_stats`, node);
    tree.insert(`${path}/zookeeper_limits`, node);
    tree.quotas.restore();
    const { data } = tree.get(`${path}/zookeeper_stats`) ?? {};
    expect(Buffer.from(data ?? []).toString()).toBe("count=150001,bytes=150001");
  });

  test("change without version, watch or digest", () => {
    const stage = limited("count=9,bytes=9");
    const path = "/zookeeper/quota/a/zookeeper_stats";
    const { mzxid } = stage.tree.get(path) ?? {};
    stage.read(OpCode.getData, { path, watch: true });
    stage.create("/a/b");
    expect(stage.tree.get(path)).toMatchObject({ version: 0, mzxid });
    expect(stage.events()).toEqual([]);
    expect(stage.digestMismatches).toEqual([]);
  });

  test("are left out of the approximate size as they are kept, not when they are deleted", () => {
    const stage = limited("count=9,bytes=9");
    const path = "/zookeeper/quota/a/zookeeper_stats";
    const made = stage.tree.approximateSize;
    for (let i = 0; i < 10; i += 1) stage.create(`/a/${i}`);
    expect(stats(stage)).toBe("count=11,bytes=2");
    expect(stage.tree.approximateSize).toBe(made + 10 * "/a/0".length);
    stage.do(OpCode.delete, { path, version: -1 });
    const deleted = `${path}count=11,bytes=2`.length;
    expect(stage.tree.approximateSize).toBe(made + 10 * "/a/0".length - deleted);
  });

  test("of the deepest quota alone are kept", () => {
    const stage = limited("count=9,bytes=9");
    stage.create("/a/b");
    limited("count=9,bytes=9", "/a/b", stage);
    stage.create("/a/b/c");
    expect([stats(stage), stats(stage, "/a/b")]).toEqual(["count=2,bytes=2", "count=2,bytes=0"]);
  });

  test("stop when the limits are deleted", () => {
    const stage = limited("count=9,bytes=9");
    stage.do(OpCode.delete, { path: "/zookeeper/quota/a/zookeeper_limits", version: -1 });
    stage.create("/a/b");
    expect(stats(stage)).toBe("count=1,bytes=2");
  });

  test("are counted anew in a tree that was loaded", () => {
    const stage = limited("count=9,bytes=9");
    stage.create("/a/b");
    stage.do(OpCode.setData, {
      path: "/zookeeper/quota/a/zookeeper_stats",
      data: bytes("count=7,bytes=7"),
      version: -1,
    });
    const loader = new SnapshotLoader();
    for (const piece of snapshotPieces(stage.tree)) loader.push(piece);
    const node = loader.finish().get("/zookeeper/quota/a/zookeeper_stats");
    expect(Buffer.from(node?.data ?? []).toString()).toBe("count=2,bytes=2");
  });
});

describe("a quota", () => {
  test("is enforced where asked for, and then only its hard limits", () => {
    const limits = "count=1,bytes=1=;byteHardLimit=4;countHardLimit=3";
    const stage = limited(limits);
    expect([
      create(stage, "/a/b", "34"),
      create(stage, "/a/c", "5"),
      create(stage, "/a/c"),
    ]).toEqual(["ok", "QUOTAEXCEEDED", "ok"]);
    expect([create(stage, "/a/d"), create(stage, "/elsewhere", "12345")]).toEqual([
      "QUOTAEXCEEDED",
      "ok",
    ]);
    const lenient = limited(limits, "/a", new Stage());
    expect([create(lenient, "/a/b", "345"), create(lenient, "/a/c")]).toEqual(["ok", "ok"]);
  });

  test("of bytes looks at the difference that setData makes, before the version", () => {
    const stage = limited("count=-1,bytes=-1=;byteHardLimit=4");
    const set = (data: string, version = -1): string =>
      errorName(stage.do(OpCode.setData, { path: "/a", data: bytes(data), version }).err);
    expect([set("12345", 9), set("1234", 9), set("1234"), set("4321")]).toEqual([
      "QUOTAEXCEEDED",
      "BADVERSION",
      "OK",
      "OK",
    ]);
  });

  test("fails a multi in its element", () => {
    const stage = limited("count=-1,bytes=-1=;countHardLimit=1");
    const { body } = stage.multi([{ type: OpCode.create, body: creation("/a/b") }]);
    expect(body).toEqual({ results: [{ type: -1, err: -125 }] });
  });

  test("that makes no sense fails what it would judge", () => {
    expect(create(limited("count=many"), "/a/b")).toBe("MARSHALLINGERROR");
  });

  test("without a limit for the change never looks at the stats", () => {
    const stage = limited("count=-1,bytes=9");
    const path = "/zookeeper/quota/a/zookeeper_stats";
    stage.do(OpCode.setData, { path, data: bytes("nonsense"), version: -1 });
    expect([create(stage, "/a/b", "x"), create(stage, "/a/b")]).toEqual(["MARSHALLINGERROR", "ok"]);
  });

  test("of the root is ignored, where it would kill Apache", () => {
    const stage = new Stage({ enforceQuota: true });
    stage.create("/zookeeper/quota/zookeeper_limits", {
      data: bytes("count=-1,bytes=-1=;countHardLimit=1"),
    });
    expect([create(stage, "/a"), create(stage, "/b")]).toEqual(["ok", "ok"]);
  });

  test.each([
    ["", []],
    [",;", []],
    [
      "count=1,bytes=2",
      [
        ["count", 1],
        ["bytes", 2],
      ],
    ],
    [
      "count==2,bytes=-1=;byteHardLimit=3,",
      [
        ["count", -1],
        ["bytes", -1],
        ["byteHardLimit", 3],
      ],
    ],
    ["count=x", undefined],
    ["count=", undefined],
    [",count=1", undefined],
    ["count=9223372036854775808", undefined],
    ["count", undefined],
  ])("written %j is read", (text, figures) => {
    const read = parseQuota(bytes(text));
    expect(read && [...read]).toEqual(figures);
  });
});

describe("the reaper", () => {
  test("takes containers that have been used, and empty TTL nodes after their time", () => {
    const stage = new Stage();
    for (const path of ["/never", "/used", "/using"])
      stage.do(OpCode.createContainer, creation(path));
    stage.create("/used/c");
    stage.create("/using/c");
    stage.do(OpCode.delete, { path: "/used/c", version: -1 });
    const ttl = (path: string, ms: number): unknown =>
      stage.do(OpCode.createTtl, { ...creation(path), flags: 5, ttl: ms });
    ttl("/short", 10);
    ttl("/long", 1_000_000);
    ttl("/parent", 10);
    stage.create("/parent/c");
    ttl("/renewed", 10);
    const time = (stage.tree.get("/renewed")?.mtime ?? 0) + 10;
    const at = (now: number, neverUsedMaxMs = 0): string[] =>
      reapable(stage.tree, { time: now, neverUsedMaxMs });
    expect(at(time)).toEqual(["/used", "/short"]);
    expect(at(time + 1)).toEqual(["/used", "/short", "/renewed"]);
    stage.do(OpCode.setData, { path: "/renewed", data: null, version: -1 });
    expect(at(time + 1)).toEqual(["/used", "/short"]);
    expect(at(time + 1, 5)).toEqual(["/never", "/used", "/short"]);
  });
});
