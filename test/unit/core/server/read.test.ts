import { describe, expect, test } from "vitest";
import { errorName } from "../../../../src/core/protocol/error-codes.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import type { Acl, Id } from "../../../../src/core/protocol/records.ts";
import type { ReplyBody } from "../../../../src/core/protocol/replies.ts";
import { bytes, creation, Stage, sessionA, sessionB } from "./stage.ts";

const bob: Id = { scheme: "digest", id: "bob:h" };
const eve: Id = { scheme: "digest", id: "eve:g" };
const acl: readonly Acl[] = [
  { perms: 31, scheme: "digest", id: "bob:h" },
  { perms: 1, scheme: "digest", id: "eve:g" },
  { perms: 16, scheme: "ip", id: "10.0.0.1" },
];

/** /p with data and two children, and /bob, which bob administers and eve reads. */
function furnished(emulate: "3.8" | "3.9" = "3.9"): Stage {
  const stage = new Stage({ emulate });
  stage.create("/p", { data: bytes("hello") });
  stage.create("/p/a");
  stage.create("/p/b");
  stage.create("/bob", { acl });
  return stage;
}

const code = ({ err }: { err: number }): string => (err === 0 ? "ok" : errorName(err));

test("getData and exists answer what is there, children its names", () => {
  const stage = furnished();
  const stat = {
    czxid: 3,
    mzxid: 3,
    ctime: 3000,
    mtime: 3000,
    version: 0,
    cversion: 2,
    aversion: 0,
    ephemeralOwner: 0n,
    dataLength: 5,
    numChildren: 2,
    pzxid: 5,
  };
  const at = { path: "/p", watch: false };
  const children = ["a", "b"];
  expect(stage.read(OpCode.getData, at)).toEqual({ err: 0, body: { data: bytes("hello"), stat } });
  expect(stage.read(OpCode.exists, at)).toEqual({ err: 0, body: { stat } });
  expect(stage.read(OpCode.getChildren, at)).toEqual({ err: 0, body: { children } });
  expect(stage.read(OpCode.getChildren2, at)).toEqual({ err: 0, body: { children, stat } });
  expect(stage.read(OpCode.getChildren, { path: "/p/a", watch: false }).body).toEqual({
    children: [],
  });
});

test("a Stat is a copy: what happens next does not show in it", () => {
  const stage = furnished();
  const { body } = stage.read(OpCode.exists, { path: "/p", watch: false });
  stage.create("/p/c");
  expect(body).toMatchObject({ stat: { numChildren: 2 } });
});

describe("a read", () => {
  const reads = [OpCode.getData, OpCode.getChildren, OpCode.getChildren2] as const;

  test.each(reads)("of op %i validates no path, and sets its watch only on success", (op) => {
    const stage = furnished();
    const run = (path: string, ids: Id[] = []): string =>
      code(stage.read(op, { path, watch: true }, { ids }));
    expect([run("/p/"), run("x"), run("/no\0")]).toEqual(["NONODE", "NONODE", "NONODE"]);
    expect([run("/bob"), run("/bob", [{ scheme: "ip", id: "10.0.0.1" }])]).toEqual([
      "NOAUTH",
      "NOAUTH",
    ]);
    expect(stage.watches.count).toBe(0);
    expect([run("/bob", [eve]), run("")]).toEqual(["ok", "ok"]);
    expect(stage.watches.count).toBe(2);
  });

  test("of exists looks for a NUL, and from 3.9 on for READ", () => {
    const run = (stage: Stage, path: string): string =>
      code(stage.read(OpCode.exists, { path, watch: true }));
    const stage = furnished();
    expect([run(stage, "/x\0"), run(stage, "/bob"), run(stage, "/none")]).toEqual([
      "BADARGUMENTS",
      "NOAUTH",
      "NONODE",
    ]);
    expect(stage.watches.data.paths()).toEqual(["/none"]);
    expect(run(furnished("3.8"), "/bob")).toBe("ok");
  });

  test("of all children counts descendants, the system's included at the root", () => {
    const stage = furnished();
    const count = (path: string): ReplyBody | undefined =>
      stage.read(OpCode.getAllChildrenNumber, { path }).body;
    expect([count("/p"), count("/p/a"), count("/")]).toEqual([
      { value: 2 },
      { value: 0 },
      { value: 7 },
    ]);
    expect(new Stage().read(OpCode.getAllChildrenNumber, { path: "/" }).body).toEqual({ value: 3 });
    expect(code(stage.read(OpCode.getAllChildrenNumber, { path: "/bob" }))).toBe("NOAUTH");
  });
});

describe("getACL", () => {
  test("is for those who may read or administer, and masks digests for the former", () => {
    const stage = furnished();
    const shown = (ids: Id[]): unknown => {
      const { err, body } = stage.read(OpCode.getAcl, { path: "/bob" }, { ids });
      return body && "acl" in body ? body.acl : errorName(err);
    };
    const masked = [{ ...acl[0], id: "bob:x" }, { ...acl[1], id: "eve:x" }, acl[2]];
    expect(shown([])).toBe("NOAUTH");
    expect(shown([eve])).toEqual(masked);
    expect(shown([bob])).toEqual(acl);
    expect(shown([{ scheme: "ip", id: "10.0.0.1" }])).toEqual(acl);
  });

  test("of a built-in node is open to the world", () => {
    expect(new Stage().read(OpCode.getAcl, { path: "/" }).body).toMatchObject({
      acl: [{ perms: 31, scheme: "world", id: "anyone" }],
      stat: { cversion: -1 },
    });
  });
});

test("getEphemerals answers the session's own, by a plain prefix", () => {
  const stage = new Stage();
  for (const path of ["/e", "/ea", "/x"]) stage.create(path, { flags: 1 });
  stage.create("/e-other", { flags: 1, session: sessionB });
  const children = (path: string | null, session = sessionA): unknown =>
    stage.read(OpCode.getEphemerals, { path }, { session }).body;
  const all = { children: ["/e", "/ea", "/x"] };
  expect([children(null), children(""), children(" / ")]).toEqual([all, all, all]);
  expect(children("/e")).toEqual({ children: ["/e", "/ea"] });
  expect(children(" /e")).toEqual({ children: [] });
  expect(children(null, sessionB)).toEqual({ children: ["/e-other"] });
});

test("multiRead answers each element for itself, and sets no watch", () => {
  const stage = furnished();
  const at = (path: string): { path: string; watch: boolean } => ({ path, watch: true });
  const { err, body } = stage.read(OpCode.multiRead, {
    elements: [
      { type: OpCode.getData, body: at("/p") },
      { type: OpCode.getChildren, body: at("/p") },
      { type: OpCode.getData, body: at("/none") },
      { type: OpCode.getData, body: at("/bob") },
    ],
  });
  expect([err, stage.watches.count]).toEqual([0, 0]);
  expect(body).toMatchObject({
    results: [
      { type: 4, data: bytes("hello") },
      { type: 8, children: ["a", "b"] },
      { type: -1, err: -101 },
      { type: -1, err: -102 },
    ],
  });
});

describe("watches", () => {
  test("are found and removed, or there is no watcher", () => {
    const stage = furnished();
    const ask = (op: 17 | 18, type: number): string => code(stage.read(op, { path: "/p", type }));
    expect(ask(OpCode.checkWatches, 2)).toBe("NOWATCHER");
    stage.read(OpCode.getData, { path: "/p", watch: true });
    expect(ask(OpCode.checkWatches, 2)).toBe("ok");
    expect(ask(OpCode.removeWatches, 1)).toBe("NOWATCHER");
    expect(ask(OpCode.removeWatches, 2)).toBe("ok");
    expect(ask(OpCode.removeWatches, 2)).toBe("NOWATCHER");
    expect(stage.events()).toEqual([]);
  });

  test("of a type or mode that is not known are malformed", () => {
    const type = (stage: Stage, value: number): string =>
      code(stage.read(OpCode.checkWatches, { path: "/p", type: value }));
    expect([0, 5, 6].map((value) => type(furnished(), value))).toEqual([
      "MARSHALLINGERROR",
      "NOWATCHER",
      "MARSHALLINGERROR",
    ]);
    expect(type(furnished("3.8"), 4)).toBe("MARSHALLINGERROR");
    const add = { path: "/p", type: 2 };
    expect(code(furnished().read(OpCode.addWatch, add))).toBe("MARSHALLINGERROR");
  });

  test("that last are set anywhere, and answer 0", () => {
    const stage = furnished();
    expect(stage.read(OpCode.addWatch, { path: "no path", type: 0 })).toEqual({
      err: 0,
      body: { value: 0 },
    });
  });
});

test("whoAmI names users, not hashes", () => {
  const ids = [
    { scheme: "ip", id: "127.0.0.1" },
    bob,
    { scheme: "super", id: "" },
    { scheme: "x509", id: "CN=a" },
    { scheme: "odd", id: "secret" },
  ];
  expect(new Stage().read(OpCode.whoAmI, {}, { ids }).body).toEqual({
    clients: [
      { scheme: "ip", user: "127.0.0.1" },
      { scheme: "digest", user: "bob" },
      { scheme: "super", user: "" },
      { scheme: "x509", user: "CN=a" },
      { scheme: "odd", user: "" },
    ],
  });
});

test("what is no read is not served", () => {
  expect(code(new Stage().read(OpCode.create, creation("/x")))).toBe("UNIMPLEMENTED");
});
