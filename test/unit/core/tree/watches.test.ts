import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ConnectionId, connectionIdOf } from "../../../../src/core/base/ids.ts";
import { dialects } from "../../../../src/core/protocol/dialect.ts";
import { OpCode } from "../../../../src/core/protocol/op-codes.ts";
import {
  AddWatchMode,
  type FiredWatch,
  WatcherType,
  WatchTable,
} from "../../../../src/core/tree/watches.ts";
import { Stage } from "../server/stage.ts";

const c = (id: number): ConnectionId => connectionIdOf(id);
const { persistent, recursive } = AddWatchMode;

describe("watches fire", () => {
  /** One connection watches /n in some way; then things happen; the events it gets. */
  test.each<[string, (stage: Stage) => void, string[]]>([
    ["getData", (s) => s.read(OpCode.getData, { path: "/n", watch: true }), ["changed /n"]],
    ["exists", (s) => s.read(OpCode.exists, { path: "/n", watch: true }), ["changed /n"]],
    [
      "getChildren",
      (s) => s.read(OpCode.getChildren, { path: "/n", watch: true }),
      ["children /n"],
    ],
    [
      "getChildren2",
      (s) => s.read(OpCode.getChildren2, { path: "/n", watch: true }),
      ["children /n"],
    ],
    [
      "addWatch",
      (s) => s.read(OpCode.addWatch, { path: "/n", type: persistent }),
      ["changed /n", "children /n", "children /n", "deleted /n", "created /n"],
    ],
    [
      "addWatch, recursive",
      (s) => s.read(OpCode.addWatch, { path: "/n", type: recursive }),
      ["changed /n", "created /n/c", "changed /n/c", "deleted /n/c", "deleted /n", "created /n"],
    ],
  ])("as %s says", (_, watch, events) => {
    const stage = new Stage();
    stage.create("/n");
    watch(stage);
    stage.do(OpCode.setData, { path: "/n", data: null, version: -1 });
    stage.do(OpCode.setAcl, { path: "/n", acl: null, version: -1 });
    stage.create("/n/c");
    stage.do(OpCode.setData, { path: "/n/c", data: null, version: -1 });
    stage.create("/n/none/x");
    stage.do(OpCode.delete, { path: "/n/c", version: -1 });
    stage.do(OpCode.delete, { path: "/n", version: -1 });
    stage.create("/n");
    expect(stage.events()).toEqual(events.map((event) => `1 ${event}`));
  });

  test("for a node to come, set by exists alone", () => {
    const stage = new Stage();
    expect(stage.read(OpCode.exists, { path: "/n", watch: true }).err).toBe(-101);
    stage.read(OpCode.getData, { path: "/m", watch: true });
    stage.read(OpCode.getChildren, { path: "/m", watch: true });
    stage.create("/n");
    stage.create("/m");
    stage.do(OpCode.setData, { path: "/n", data: null, version: -1 });
    expect(stage.events()).toEqual(["1 created /n"]);
  });

  test("once for a deleted node, on whatever table, and a child watch tells of it too", () => {
    const stage = new Stage();
    stage.create("/n");
    stage.read(OpCode.getData, { path: "/n", watch: true }, { connection: 1 });
    stage.read(OpCode.getChildren, { path: "/n", watch: true }, { connection: 1 });
    stage.read(OpCode.getChildren, { path: "/n", watch: true }, { connection: 2 });
    stage.read(OpCode.getChildren, { path: "/", watch: true }, { connection: 1 });
    stage.do(OpCode.delete, { path: "/n", version: -1 });
    expect(stage.events()).toEqual(["1 deleted /n", "2 deleted /n", "1 children /"]);
    expect(stage.watches.count).toBe(0);
  });

  test("one event for all modes that match, and only the one-shot is used up", () => {
    const stage = new Stage();
    stage.create("/n");
    for (const path of ["/", "/n"]) stage.read(OpCode.addWatch, { path, type: recursive });
    stage.read(OpCode.addWatch, { path: "/n", type: persistent });
    stage.read(OpCode.getData, { path: "/n", watch: true });
    for (let i = 0; i < 2; i += 1)
      stage.do(OpCode.setData, { path: "/n", data: null, version: -1 });
    expect(stage.events()).toEqual(["1 changed /n", "1 changed /n"]);
    stage.create("/n/c");
    expect(stage.events()).toEqual(["1 created /n/c", "1 children /n"]);
  });

  test("in element order for a multi, a one-shot for the first that matches, nothing if it fails", () => {
    const stage = new Stage();
    stage.create("/n");
    stage.read(OpCode.getData, { path: "/n", watch: true });
    stage.read(OpCode.getChildren, { path: "/n", watch: true });
    const set = { type: OpCode.setData, body: { path: "/n", data: null, version: -1 } } as const;
    const fails = { type: OpCode.check, body: { path: "/gone", version: -1 } } as const;
    stage.multi([set, fails]);
    expect(stage.events()).toEqual([]);
    stage.multi([
      set,
      {
        type: OpCode.create,
        body: {
          path: "/n/c",
          data: null,
          acl: [{ perms: 31, scheme: "world", id: "anyone" }],
          flags: 0,
        },
      },
      set,
      { type: OpCode.delete, body: { path: "/n/c", version: -1 } },
    ]);
    expect(stage.events()).toEqual(["1 changed /n", "1 children /n"]);
  });

  test("with the ACL of the node that changed, which decides who hears of it", () => {
    const stage = new Stage();
    const acl = [{ perms: 4, scheme: "world", id: "anyone" }];
    stage.read(OpCode.addWatch, { path: "/", type: persistent });
    stage.read(OpCode.addWatch, { path: "/n", type: persistent });
    stage.create("/n", { acl });
    stage.create("/n/c");
    stage.do(OpCode.delete, { path: "/n", version: -1 });
    expect(stage.fired.map(({ path, type, acl: seen }) => [type, path, seen])).toEqual([
      [1, "/n", acl],
      [4, "/", null],
      [4, "/n", acl],
    ]);
  });
});

describe("setWatches", () => {
  test("fires what was missed and sets the rest, in list order", () => {
    const stage = new Stage();
    stage.create("/old");
    stage.create("/changed");
    stage.create("/parent");
    const relativeZxid = stage.tree.lastApplied;
    stage.do(OpCode.setData, { path: "/changed", data: null, version: -1 });
    stage.create("/parent/c");
    const lists = {
      data: ["/old", "/changed", "/gone"],
      exist: ["/old", "/missing"],
      child: ["/old", "/parent", "/gone"],
      persistent: ["/gone"],
      recursive: ["/old"],
    };
    expect(stage.read(OpCode.setWatches2, { relativeZxid, ...lists })).toEqual({
      err: 0,
      body: {},
    });
    expect(stage.fired.every((watch) => watch.acl === null)).toBe(true);
    expect(stage.events()).toEqual([
      "1 changed /changed",
      "1 deleted /gone",
      "1 created /old",
      "1 children /parent",
      "1 deleted /gone",
    ]);
    const { data, child } = stage.watches;
    expect([data.paths().sort(), child.paths().sort()]).toEqual([
      ["/gone", "/missing", "/old"],
      ["/gone", "/old"],
    ]);
  });
});

describe("removing and checking", () => {
  const full = (dialect = dialects["3.9"]): WatchTable => {
    const table = new WatchTable(dialect);
    table.addData("/n", c(1));
    table.addChild("/n", c(1));
    table.addPersistent("/n", c(1), persistent);
    table.addPersistent("/n", c(1), recursive);
    return table;
  };
  const types = Object.values(WatcherType);
  const found = (table: WatchTable, id = 1): WatcherType[] =>
    types.filter((type) => table.check("/n", type, c(id)));

  test("know modes apart", () => {
    const { children, data, any, persistent: lasting, recursive: deep } = WatcherType;
    expect(found(full())).toEqual([children, data, any, lasting, deep]);
    expect(found(full(), 2)).toEqual([]);
    expect(full().check("/n/below", deep, c(1))).toBe(false);
    const left = (type: WatcherType): WatcherType[] => {
      const table = full();
      expect(table.remove("/n", type, c(1))).toBe(true);
      expect(table.remove("/n", type, c(1))).toBe(false);
      return found(table);
    };
    expect(types.map(left)).toEqual([
      [data, any, lasting, deep],
      [children, any, lasting, deep],
      [],
      [children, data, any, deep],
      [children, data, any, lasting],
    ]);
  });

  test("in 3.8 take the last mode for all, and anybody's watch for one's own", () => {
    const table = full(dialects["3.8"]);
    table.addData("/n", c(1)); // makes a one-shot of the persistent watch
    const fired: FiredWatch[] = [];
    table.dataChanged("/n", null, fired);
    table.dataChanged("/n", null, fired);
    expect(fired).toHaveLength(1);
    expect(table.check("/n", WatcherType.children, c(2))).toBe(true);
    expect(table.check("/n", WatcherType.data, c(1))).toBe(false);
    expect(table.remove("/n", WatcherType.children, c(1))).toBe(true);
    expect(table.count).toBe(0);
  });

  test("forget a connection whole", () => {
    const table = full();
    table.addData("/n", c(2));
    table.addPersistent("/", c(2), recursive);
    table.removeConnection(c(1));
    expect([table.count, table.data.watchersOf("/n"), table.child.isEmpty]).toEqual([2, [2], true]);
    table.removeConnection(c(2));
    expect([table.count, table.data.connectionCount, table.data.pathCount]).toEqual([0, 0, 0]);
  });

  test("leave an idle connection in the count of those that watched once, as Apache does", () => {
    const table = new WatchTable();
    table.addData("/n", c(1));
    table.dataChanged("/n", null, []);
    expect([table.data.connectionCount, table.data.pathCount, table.count]).toEqual([1, 0, 0]);
  });
});

describe("one table", () => {
  const step = fc.record({
    what: fc.constantFrom("data", "persistent", "recursive", "change", "remove", "disconnect"),
    connection: fc.integer({ min: 1, max: 3 }),
    path: fc.constantFrom("/", "/a", "/a/b", "/c"),
  });

  test("tells those whom a list of all watches names", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40, size: "max" }), (steps) => {
        const table = new WatchTable();
        let model: { connection: number; path: string; mode: string }[] = [];
        const same = (one: { connection: number; path: string }, other: typeof one): boolean =>
          one.connection === other.connection && one.path === other.path;
        for (const { what, connection, path } of steps) {
          if (what === "change") {
            const fired: FiredWatch[] = [];
            table.dataChanged(path, null, fired);
            const told = model.filter(
              (watch) =>
                watch.path === path ||
                (watch.mode === "recursive" &&
                  (watch.path === "/" || path.startsWith(`${watch.path}/`))),
            );
            expect(new Set(fired.map((watch) => watch.connection))).toEqual(
              new Set(told.map((watch) => watch.connection)),
            );
            expect(fired).toHaveLength(new Set(fired.map((watch) => watch.connection)).size);
            model = model.filter((watch) => watch.mode !== "data" || watch.path !== path);
          } else if (what === "remove") {
            table.remove(path, WatcherType.any, c(connection));
            model = model.filter((watch) => !same(watch, { connection, path }));
          } else if (what === "disconnect") {
            table.removeConnection(c(connection));
            model = model.filter((watch) => watch.connection !== connection);
          } else {
            if (what === "data") table.addData(path, c(connection));
            else table.addPersistent(path, c(connection), AddWatchMode[what as "persistent"]);
            model.push({ connection, path, mode: what });
          }
          const pairs = new Set(model.map((watch) => `${watch.connection} ${watch.path}`));
          expect(table.data.count).toBe(pairs.size);
        }
      }),
    );
  });
});
