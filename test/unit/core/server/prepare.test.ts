import { describe, expect, test } from "vitest";
import { present } from "../../../../src/core/base/assert.ts";
import { noSession, sessionIdOf } from "../../../../src/core/base/ids.ts";
import { ErrorCode, errorName } from "../../../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import type { Acl, Id } from "../../../../src/core/protocol/records.ts";
import type { MultiElement, RequestBodies } from "../../../../src/core/protocol/requests.ts";
import type { PrepareOptions } from "../../../../src/core/server/prepare.ts";
import type { TxnResult } from "../../../../src/core/tree/apply.ts";
import { containerOwner, ttlOwnerOf } from "../../../../src/core/tree/znode.ts";
import { bytes, creation, Stage, sessionA, sessionB, world } from "./stage.ts";

type Body<T extends keyof RequestBodies> = RequestBodies[T];

const bob: Id = { scheme: "digest", id: "bob:h" };
const bobs: readonly Acl[] = [{ perms: 31, scheme: "digest", id: "bob:h" }];
const readOnly: readonly Acl[] = [{ perms: 1, scheme: "world", id: "anyone" }];

const code = (result: TxnResult): string => (result.err === 0 ? "ok" : errorName(result.err));
const pathOf = ({ body }: TxnResult): unknown => body && "path" in body && body.path;

/** /p with a child, an ephemeral /e of session A, a container /c, bob's /bob and a node nobody may change, /ro. */
function furnished(options: Partial<PrepareOptions> = {}): Stage {
  const stage = new Stage(options);
  stage.create("/p");
  stage.create("/p/child");
  stage.create("/e", { flags: 1 });
  stage.do(OpCode.createContainer, creation("/c"));
  stage.create("/bob", { acl: bobs });
  stage.create("/bob/child", { ids: [bob] });
  stage.create("/ro", { acl: readOnly });
  return stage;
}

describe("create is refused with the first error that applies", () => {
  test.each<[string, Partial<Body<typeof OpCode.create>> & { path: string }, string]>([
    ["flags that do not exist", { path: "x", flags: 7, acl: null }, "BADARGUMENTS"],
    ["negative flags", { path: "/x", flags: -1 }, "BADARGUMENTS"],
    ["a TTL flag without a ttl", { path: "/x", flags: 5 }, "BADARGUMENTS"],
    ["no slash", { path: "x", acl: null }, "BADARGUMENTS"],
    ["an empty path", { path: "" }, "BADARGUMENTS"],
    ["a NUL", { path: "/x\0", acl: null }, "BADARGUMENTS"],
    ["a bad ACL before a missing parent", { path: "/no/x", acl: [] }, "INVALIDACL"],
    ["no ACL", { path: "/x", acl: null }, "INVALIDACL"],
    ["a missing parent before an illegal name", { path: "/no/.." }, "NONODE"],
    ["a parent with a slash too many", { path: "/p//x" }, "NONODE"],
    ["a trailing slash, parent missing", { path: "/no/" }, "NONODE"],
    ["no CREATE on the parent before an illegal name", { path: "/ro/.." }, "NOAUTH"],
    ["a trailing slash, parent there", { path: "/p/" }, "BADARGUMENTS"],
    ["a double slash at the root", { path: "//x" }, "BADARGUMENTS"],
    ["a relative name", { path: "/p/.." }, "BADARGUMENTS"],
    ["a character outside the basic plane", { path: "/\u{1f600}" }, "BADARGUMENTS"],
    ["the root", { path: "/" }, "NODEEXISTS"],
    ["a node that is there", { path: "/p" }, "NODEEXISTS"],
    ["a child of an ephemeral", { path: "/e/x" }, "NOCHILDRENFOREPHEMERALS"],
    ["a child of the configuration", { path: "/zookeeper/config/x" }, "NOAUTH"],
    ["an ordinary one", { path: "/p/x" }, "ok"],
    ["a child of a container", { path: "/c/x", flags: 1 }, "ok"],
    ["a child of a system node", { path: "/zookeeper/quota/x" }, "ok"],
  ])("%s", (_, body, expected) => {
    expect(code(furnished().create(body.path, body))).toBe(expected);
  });

  test("an expired session before its path is looked at", () => {
    const stage = furnished();
    const unknown = { session: sessionIdOf(9n) };
    expect(code(stage.create("x", unknown))).toBe("SESSIONEXPIRED");
    expect(code(stage.create("/x", { ...unknown, flags: 7 }))).toBe("BADARGUMENTS");
    expect(code(stage.create("x", { owner: 2 }))).toBe("SESSIONMOVED");
  });

  test("TTL nodes where they are off, and only then", () => {
    const ttl = (options: Partial<PrepareOptions>, more: object): string =>
      code(
        furnished(options).do(OpCode.createTtl, { ...creation("/t"), ttl: 5, flags: 5, ...more }),
      );
    expect(ttl({ ttlNodes: false }, {})).toBe("UNIMPLEMENTED");
    expect(ttl({}, {})).toBe("ok");
    expect(ttl({}, { ttl: 0 })).toBe("BADARGUMENTS");
    expect(ttl({}, { ttl: 0x100_0000_0000 })).toBe("BADARGUMENTS");
    expect(ttl({}, { ttl: 0xff_ffff_ffff })).toBe("ok");
    expect(ttl({}, { flags: 0, ttl: 5 })).toBe("BADARGUMENTS");
    expect(ttl({}, { flags: 0, ttl: -1 })).toBe("BADARGUMENTS"); // kills Apache
  });
});

describe("what is created", () => {
  test("follows the operation first, the flags second", () => {
    const stage = furnished();
    const owner = (path: string): unknown => stage.tree.get(path)?.owner;
    stage.create("/plain", { flags: 4 });
    stage.create("/mine", { flags: 1 });
    stage.do(OpCode.createContainer, creation("/box", { flags: 0 }));
    stage.do(OpCode.createContainer, creation("/boxes-", { flags: 3 }));
    stage.do(OpCode.createTtl, { ...creation("/t-"), flags: 6, ttl: 77 });
    expect([
      owner("/plain"),
      owner("/mine"),
      owner("/box"),
      owner("/boxes-0000000008"),
      owner("/t-0000000009"),
    ]).toEqual([noSession, sessionA, containerOwner, containerOwner, ttlOwnerOf(77)]);
  });

  test("is numbered by all creates of its parent, deletes or not", () => {
    const stage = new Stage();
    stage.create("/p");
    const next = (path = "/p/n-"): unknown => pathOf(stage.create(path, { flags: 2 }));
    expect([next(), next("/p/other-"), next("/p/")]).toEqual([
      "/p/n-0000000000",
      "/p/other-0000000001",
      "/p/0000000002",
    ]);
    stage.do(OpCode.delete, { path: "/p/n-0000000000", version: -1 });
    stage.create("/p/plain");
    stage.create("/p/plain");
    expect([next(), next("/p/..")]).toEqual(["/p/n-0000000004", "/p/..0000000005"]);
  });

  test("at the end of the numbers jams, as in Apache", () => {
    const stage = new Stage();
    stage.create("/p");
    const parent = stage.tree.get("/p");
    if (parent !== undefined) parent.cversion = 2147483647;
    const next = (): TxnResult => stage.create("/p/n-", { flags: 2 });
    expect(pathOf(next())).toBe("/p/n-2147483647");
    expect(code(next())).toBe("NODEEXISTS");
    stage.propose(OpCode.create, creation("/p/m-", { flags: 2 }));
    expect(stage.propose(OpCode.create, creation("/p/m-", { flags: 2 })).body).toMatchObject({
      path: "/p/m--2147483648",
    });
  });

  test("keeps null and empty data apart, in bytes of its own", () => {
    const stage = new Stage();
    const chunk = bytes("data");
    stage.create("/n", { data: null });
    stage.create("/d", { data: chunk });
    chunk.fill(0);
    stage.create("/e");
    expect(["/n", "/d", "/e"].map((path) => stage.tree.get(path)?.data)).toEqual([
      null,
      bytes("data"),
      bytes(""),
    ]);
  });

  test("has `auth` in its ACL expanded", () => {
    const stage = new Stage();
    stage.create("/x", { acl: [{ perms: 31, scheme: "auth", id: "" }], ids: [bob] });
    expect(stage.tree.get("/x")?.acl).toEqual(bobs);
  });
});

describe("delete is refused with the first error that applies", () => {
  test.each<[string, Body<typeof OpCode.delete>, string]>([
    ["no slash", { path: "x", version: -1 }, "BADARGUMENTS"],
    ["a NUL", { path: "/x\0", version: -1 }, "BADARGUMENTS"],
    ["the root", { path: "/", version: -1 }, "BADARGUMENTS"],
    ["a system node", { path: "/zookeeper/quota", version: -1 }, "BADARGUMENTS"],
    ["a missing parent", { path: "/no/x", version: -1 }, "NONODE"],
    ["no DELETE on the parent before a missing node", { path: "/ro/x", version: -1 }, "NOAUTH"],
    ["a missing node", { path: "/p/x", version: -1 }, "NONODE"],
    ["an illegal name, which is not there", { path: "/p/..", version: -1 }, "NONODE"],
    ["a wrong version before children", { path: "/p", version: 5 }, "BADVERSION"],
    ["a negative version that is not −1", { path: "/e", version: -2 }, "BADVERSION"],
    ["children", { path: "/p", version: 0 }, "NOTEMPTY"],
    ["the node's own ACL counts for nothing", { path: "/ro", version: 0 }, "ok"],
    ["another session's ephemeral may go", { path: "/e", version: -1 }, "ok"],
  ])("%s", (_, body, expected) => {
    expect(code(furnished().do(OpCode.delete, body, { session: sessionB }))).toBe(expected);
  });

  test("the reaper's delete: none of a client's, only of what is empty and no ephemeral", () => {
    const reap = (path: string, session = noSession, emulate: "3.8" | "3.9" = "3.9"): string =>
      code(
        furnished({ emulate }).do(OpCode.deleteContainer, { path }, { session, owner: undefined }),
      );
    expect(reap("/c")).toBe("ok");
    expect(reap("/c", sessionA)).toBe("UNIMPLEMENTED");
    expect(reap("/c", sessionA, "3.8")).toBe("BADARGUMENTS");
    expect(reap("/p")).toBe("NOTEMPTY");
    expect(reap("/e")).toBe("BADVERSION");
    expect(reap("/no")).toBe("NONODE");
    expect(reap("/zookeeper/quota")).toBe("BADARGUMENTS");
  });
});

describe("setData, setACL and check are refused with the first error that applies", () => {
  const data = (path: string, version: number, ids: readonly Id[] = []): string =>
    code(furnished().do(OpCode.setData, { path, data: null, version }, { ids }));
  const acl = (
    path: string,
    list: readonly Acl[] | null,
    version: number,
    ids: Id[] = [],
  ): string => code(furnished().do(OpCode.setAcl, { path, acl: list, version }, { ids }));
  const check = (path: string, version: number, ids: readonly Id[] = []): unknown => {
    const { body } = furnished().multi([{ type: OpCode.check, body: { path, version } }], { ids });
    const [result] = body && "results" in body ? body.results : [];
    return result?.type === OpCode.error ? errorName(result.err) : "ok";
  };

  test("setData", () => {
    expect(data("/x/", -1)).toBe("BADARGUMENTS");
    expect(data("", -1)).toBe("BADARGUMENTS");
    expect(data("/x", 3)).toBe("NONODE");
    expect(data("/ro", 3)).toBe("NOAUTH");
    expect(data("/bob", 3)).toBe("NOAUTH");
    expect(data("/bob", 3, [bob])).toBe("BADVERSION");
    expect(data("/bob", 0, [bob])).toBe("ok");
    expect(data("/", -1)).toBe("ok");
    expect(data("/zookeeper/config", -1)).toBe("NOAUTH");
    expect(data("/zookeeper/config", -1, [{ scheme: "super", id: "" }])).toBe("ok");
  });

  test("setACL, whose list is judged before the node", () => {
    expect(acl("x", [], -1)).toBe("BADARGUMENTS");
    expect(acl("/x", [], -1)).toBe("INVALIDACL");
    expect(acl("/x", world, -1)).toBe("NONODE");
    expect(acl("/ro", world, 9)).toBe("NOAUTH");
    expect(acl("/p", world, 9)).toBe("BADVERSION");
    expect(acl("/p", world, 0)).toBe("ok");
    expect(acl("/bob", world, -1, [bob])).toBe("ok");
  });

  test("check", () => {
    expect(check("x", -1)).toBe("BADARGUMENTS");
    expect(check("/x", 0)).toBe("NONODE");
    expect(check("/bob", 9)).toBe("NOAUTH");
    expect(check("/p", 9)).toBe("BADVERSION");
    expect(check("/ro", 0)).toBe("ok");
    expect(check("/bob", -1, [bob])).toBe("ok");
  });

  test("unless ACLs are skipped", () => {
    const stage = furnished({ skipAcl: true });
    expect(code(stage.create("/ro/x"))).toBe("ok");
    expect(code(stage.do(OpCode.setData, { path: "/bob", data: null, version: 0 }))).toBe("ok");
  });

  test("and otherwise count up the version that is theirs", () => {
    const stage = furnished();
    stage.do(OpCode.setData, { path: "/p", data: bytes("x"), version: 0 });
    stage.do(OpCode.setAcl, { path: "/p", acl: world, version: 0 });
    expect(stage.tree.get("/p")).toMatchObject({ version: 1, aversion: 1, cversion: 1 });
  });
});

describe("multi", () => {
  const create = (path: string, flags = 0): MultiElement => ({
    type: OpCode.create,
    body: creation(path, { flags }),
  });
  const fails: MultiElement = { type: OpCode.check, body: { path: "/gone", version: -1 } };
  const results = ({ err, body }: TxnResult): unknown =>
    err !== 0 || !body || !("results" in body)
      ? errorName(err)
      : body.results.map((r) => (r.type === OpCode.error ? r.err : "path" in r ? r.path : "ok"));

  test("sees its own effects, under one zxid", () => {
    const stage = new Stage();
    const done = stage.multi([
      create("/a"),
      create("/a/n-", 2),
      create("/a/n-", 2),
      { type: OpCode.delete, body: { path: "/a/n-0000000000", version: -1 } },
      { type: OpCode.setData, body: { path: "/a", data: null, version: 0 } },
      { type: OpCode.check, body: { path: "/a", version: 1 } },
    ]);
    expect(results(done)).toEqual(["/a", "/a/n-0000000000", "/a/n-0000000001", "ok", "ok", "ok"]);
    const zxid = stage.tree.lastApplied;
    expect(stage.tree.get("/a")).toMatchObject({
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      cversion: 2,
    });
  });

  test("that fails stays a multi, with an unchanged digest, and hands its numbers out again", () => {
    const stage = new Stage();
    stage.create("/a");
    const { digest } = stage.tree;
    const elements = [create("/a/n-", 2), create("/b"), fails, create("/c")];
    const txn = stage.propose(OpCode.multi, { elements });
    expect(txn).toMatchObject({ type: OpCode.multi, digest: { version: 2, tree: digest } });
    expect(stage.propose(OpCode.create, creation("/a/n-", { flags: 2 })).body).toMatchObject({
      path: "/a/n-0000000000",
    });
    expect(results(stage.applyNext())).toEqual([0, 0, -101, -2]);
    stage.applyAll();
    expect(stage.digestMismatches).toEqual([]);
    expect([stage.tree.get("/b"), stage.tree.get("/c")]).toEqual([undefined, undefined]);
  });

  test("of nothing is a transaction too", () => {
    const stage = new Stage();
    const { lastApplied } = stage.tree;
    expect(results(stage.multi([]))).toEqual([]);
    expect(stage.tree.lastApplied).toBe(lastApplied + 1);
  });

  test("of a session that expired or moved fails at its first element", () => {
    const stage = new Stage();
    expect(results(stage.multi([create("/a")], { owner: 2 }))).toBe("SESSIONMOVED");
    expect(results(stage.multi([create("/a")], { session: sessionIdOf(9n) }))).toEqual([
      ErrorCode.SESSIONEXPIRED,
    ]);
  });

  test.each<[string, "3.8" | "3.9", MultiElement, unknown]>([
    ["create2", "3.9", { type: 15, body: creation("/x") }, { type: 15 }],
    ["create2", "3.8", { type: 15, body: creation("/x") }, { type: 1 }],
    ["a create with a container's flag", "3.9", create("/x", 4), { type: 15 }],
    ["a create with a container's flag", "3.8", create("/x", 4), { type: 15 }],
    ["createContainer without its flag", "3.9", { type: 19, body: creation("/x") }, { type: 15 }],
    ["createContainer without its flag", "3.8", { type: 19, body: creation("/x") }, { type: 1 }],
    [
      "createTTL",
      "3.9",
      { type: 21, body: { ...creation("/x", { flags: 5 }), ttl: 9 } },
      { type: 15 },
    ],
    [
      "createTTL without its flag",
      "3.9",
      { type: 21, body: { ...creation("/x"), ttl: 9 } },
      { type: 1 },
    ],
    [
      "createTTL with flags unknown",
      "3.9",
      { type: 21, body: { ...creation("/x", { flags: 9 }), ttl: 9 } },
      { err: -8 },
    ],
    ["flags unknown", "3.9", create("/x", 9), "MARSHALLINGERROR"],
    ["flags unknown", "3.8", create("/x", 9), { err: -8 }],
    ["a TTL flag on create", "3.9", create("/x", 5), "MARSHALLINGERROR"],
    ["a TTL flag on create", "3.8", create("/x", 5), "MARSHALLINGERROR"],
  ])("takes %s as %s does", (_, emulate, element, expected) => {
    const { err, body } = new Stage({ emulate }).multi([element]);
    if (typeof expected === "string") return expect(errorName(err)).toBe(expected);
    expect(body && "results" in body && body.results).toMatchObject([expected]);
  });

  test("where TTL nodes are off fails in that element only", () => {
    const stage = new Stage({ ttlNodes: false });
    const ttl: MultiElement = { type: 21, body: { ...creation("/t", { flags: 5 }), ttl: 9 } };
    expect(results(stage.multi([create("/a"), ttl]))).toEqual([0, ErrorCode.UNIMPLEMENTED]);
  });
});

describe("a closing session", () => {
  test("takes its ephemerals with it, creates in flight included, deletes in flight not", () => {
    const stage = new Stage();
    stage.create("/p");
    stage.create("/p/applied", { flags: 1 });
    stage.create("/p/going", { flags: 1 });
    stage.propose(OpCode.delete, { path: "/p/going", version: -1 });
    stage.propose(OpCode.create, creation("/p/flying", { flags: 1 }));
    stage.propose(OpCode.create, creation("/p/others", { flags: 1 }), { session: sessionB });
    const close = stage.propose(OpCode.closeSession, {}, { owner: undefined });
    expect(close.body).toEqual({ paths: ["/p/applied", "/p/flying"] });
    const late = stage.propose(OpCode.create, creation("/p/late", { flags: 1 }));
    expect(late).toMatchObject({ type: OpCode.error, body: { err: ErrorCode.SESSIONEXPIRED } });
    stage.applyAll();
    expect(stage.tree.childNames(present(stage.tree.get("/p"), "/p"))).toEqual(["others"]);
    expect(stage.digestMismatches).toEqual([]);
    expect(stage.tree.sessions.has(sessionA)).toBe(false);
  });

  test("leaves a parent that can be deleted behind it at once", () => {
    const stage = new Stage();
    stage.create("/p");
    stage.create("/p/e", { flags: 1 });
    stage.propose(OpCode.closeSession, {});
    const txn = stage.propose(OpCode.delete, { path: "/p", version: -1 }, { session: sessionB });
    expect(txn.type).toBe(OpCode.delete);
  });

  test("with more paths than a packet holds leaves them out", () => {
    const stage = new Stage({ juteMaxBuffer: 100 });
    stage.create("/one", { flags: 1 });
    stage.create("/two-with-a-long-name", { flags: 1 });
    expect(stage.propose(OpCode.closeSession, {}).body).toEqual({ paths: undefined });
    stage.applyAll();
    expect([stage.tree.ephemeralCount, stage.digestMismatches]).toEqual([0, []]);
  });
});

describe("a transaction", () => {
  test("holds who, when, and the digest of the tree after it", () => {
    const stage = new Stage();
    const txn = stage.propose(OpCode.setData, { path: "/", data: null, version: -1 });
    const { zxid } = txn;
    stage.applyAll();
    expect(txn).toEqual({
      type: OpCode.setData,
      body: { path: "/", data: null, version: 1 },
      session: sessionA,
      cxid: zxid,
      zxid,
      time: zxid * 1000,
      digest: { version: 2, tree: stage.tree.digest },
    });
  });

  test("that is an error has no digest; one that changes no node has the tree's", () => {
    const stage = new Stage();
    expect(stage.propose(OpCode.delete, { path: "/x", version: -1 }).digest).toBeUndefined();
    const opened = stage.propose(
      OpCode.createSession,
      { timeout: 1 },
      { session: sessionIdOf(9n) },
    );
    expect(opened.digest).toEqual({ version: 2, tree: stage.tree.digest });
  });

  test("has none at all where digests are off", () => {
    expect(
      new Stage({ digest: false }).propose(OpCode.create, creation("/x")).digest,
    ).toBeUndefined();
  });

  test("of what no client may ask is an error", () => {
    const stage = new Stage();
    const reconfig = { joining: null, leaving: null, members: null, configId: -1 };
    expect(code(stage.do(OpCode.reconfig, reconfig))).toBe("RECONFIGDISABLED");
    expect(code(stage.do(OpCode.ping, {}))).toBe("UNIMPLEMENTED");
  });

  test("is judged against nothing pending after a reset", () => {
    const stage = new Stage();
    stage.propose(OpCode.create, creation("/x"));
    stage.preparer.reset();
    expect(stage.preparer.outstanding).toBe(0);
    expect(stage.propose(OpCode.create, creation("/x")).type).toBe(OpCode.create);
  });
});
