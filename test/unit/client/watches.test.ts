import { expect, test } from "vitest";
import type { Watch } from "../../../src/client/types.ts";
import { Watches, type WatchKind } from "../../../src/client/watches.ts";
import { zxidOf } from "../../../src/core/base/ids.ts";
import { WatchEventType } from "../../../src/core/protocol/records.ts";

const kinds: readonly WatchKind[] = ["data", "exist", "child", "persistent", "recursive"];

/** One watch of each kind on /a, and a recursive one on the root; told by name. */
function oneOfEach(): { watches: Watches; told: (type: number, path: string) => string[] } {
  const watches = new Watches();
  const names = new Map<Watch, string>();
  const add = (kind: WatchKind, path: string, name: string): void => {
    const watch: Watch = () => {};
    names.set(watch, name);
    watches.add(kind, path, watch);
  };
  for (const kind of kinds) add(kind, "/a", kind);
  add("recursive", "/", "root");
  const told = (type: number, path: string): string[] =>
    Array.from(watches.take(type, path), (watch) => names.get(watch) ?? "?").sort();
  return { watches, told };
}

test.each<[keyof typeof WatchEventType, string, string[]]>([
  ["created", "/a", ["data", "exist", "persistent", "recursive", "root"]],
  ["deleted", "/a", ["child", "data", "exist", "persistent", "recursive", "root"]],
  ["dataChanged", "/a", ["data", "exist", "persistent", "recursive", "root"]],
  ["childrenChanged", "/a", ["child", "persistent"]],
  ["created", "/a/b/c", ["recursive", "root"]],
  ["childrenChanged", "/a/b", []],
  ["dataChanged", "/ab", ["root"]],
  ["dataChanged", "/", ["root"]],
])("%s on %s is told to %j", (type, path, expected) => {
  expect(oneOfEach().told(WatchEventType[type], path)).toEqual(expected);
});

test("what is told once is used up, what is lasting is not", () => {
  const { told, watches } = oneOfEach();
  told(WatchEventType.deleted, "/a");
  expect(told(WatchEventType.deleted, "/a")).toEqual(["persistent", "recursive", "root"]);
  expect(watches.toRequests(zxidOf(7))).toEqual([
    {
      relativeZxid: 7,
      data: [],
      exist: [],
      child: [],
      persistent: ["/a"],
      recursive: ["/a", "/"],
    },
  ]);
});

test("a watch is removed from its kind and path only, and the last one is known", () => {
  const watches = new Watches();
  const [one, other]: Watch[] = [() => {}, () => {}];
  if (one === undefined || other === undefined) return;
  watches.add("persistent", "/a", one);
  watches.add("persistent", "/a", other);
  watches.add("data", "/a", one);
  expect([
    watches.remove("persistent", "/a", one),
    watches.remove("persistent", "/a", one),
    watches.remove("persistent", "/a", other),
    watches.isWatched("/a"),
    watches.isWatched("/b"),
  ]).toEqual([false, false, true, true, false]);
  watches.clear();
  expect([watches.isWatched("/a"), watches.toRequests(zxidOf(0))]).toEqual([false, []]);
});

test("many watches are told in several requests, each of 128 Ki characters at most", () => {
  const watches = new Watches();
  const long = "/x".repeat(50 * 1024);
  for (const kind of ["data", "child", "recursive"] as const) watches.add(kind, long, () => {});
  watches.add("child", "/a", () => {});
  const brief = watches.toRequests(zxidOf(7)).map(({ data, child, recursive }) => {
    return [data, child, recursive].map((paths) => paths.map((path) => path.length));
  });
  expect(brief).toEqual([
    [[102_400], [], []],
    [[], [102_400, 2], []],
    [[], [], [102_400]],
  ]);
});
