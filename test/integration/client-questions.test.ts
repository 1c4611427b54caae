import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { connectClient } from "../../src/client/client.ts";
import type { ConnectOptions } from "../../src/client/options.ts";
import type { WatchEvent, ZooKeeperClient } from "../../src/client/types.ts";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { brief, recorder } from "./client-server.ts";

let ens: Ensemble;
let client: ZooKeeperClient;

beforeAll(async () => {
  ens = await startEnsemble(3);
  client = await ens.connect();
  for (const path of ["/a/b/c", "/a/d"]) await client.create(path, path, { parents: true });
});
afterAll(() => ens?.close());

async function connected(options: ConnectOptions = {}): Promise<ZooKeeperClient> {
  const servers = ens.peers.map(({ host, port }) => ({ host, port }));
  const one = await connectClient(servers, options);
  onTestFinished(() => one.close());
  return one;
}

describe("several reads in one request", () => {
  test("each stand alone", async () => {
    const { stat } = await client.get("/a/d");
    expect(
      await client.multiRead([
        { op: "get", path: "/a/d" },
        { op: "get", path: "/none" },
        { op: "children", path: "/a" },
      ]),
    ).toEqual([{ data: Buffer.from("/a/d"), stat }, { error: "NONODE" }, { children: ["b", "d"] }]);
  });

  test("may be none", async () => {
    expect(await client.multiRead([])).toEqual([]);
  });
});

describe("questions about the session", () => {
  test("its ephemeral nodes, by the beginning of their path, behind a chroot too", async () => {
    const one = await connected();
    for (const path of ["/a/e1", "/a/e2", "/f"]) await one.create(path, "", { mode: "ephemeral" });
    expect([
      await one.getEphemerals(),
      await one.getEphemerals("/a/e"),
      await one.getEphemerals("/none"),
      await client.getEphemerals(),
    ]).toEqual([["/a/e1", "/a/e2", "/f"], ["/a/e1", "/a/e2"], [], []]);
    const inside = await connected({ chroot: "/a" });
    await inside.create("/mine", "", { mode: "ephemeral" });
    expect([await inside.getEphemerals(), await inside.getEphemerals("/m")]).toEqual([
      ["/mine"],
      ["/mine"],
    ]);
  });

  test("who it is for the server", async () => {
    const one = await connected({ auth: [{ scheme: "digest", auth: "bob:secret" }] });
    expect(await one.whoAmI()).toEqual(
      expect.arrayContaining([
        { scheme: "ip", user: "127.0.0.1" },
        { scheme: "digest", user: "bob" },
      ]),
    );
  });
});

describe("questions about the tree", () => {
  test("how many nodes are below", async () => {
    expect([
      await client.getAllChildrenNumber("/a"),
      await client.getAllChildrenNumber("/a/b/c"),
    ]).toEqual([3, 0]);
    await expect(client.getAllChildrenNumber("/none")).rejects.toMatchObject({ code: "NONODE" });
  });

  test("the configuration, whatever the chroot", async () => {
    const inside = await connected({ chroot: "/a" });
    const { config, stat } = await inside.getConfig({ watch: () => {} });
    const servers = ens.peers.map(({ id }) =>
      expect.stringMatching(`^server\\.${id}=.*:participant;`),
    );
    expect(config.split("\n")).toEqual([...servers, expect.stringMatching(/^version=/)]);
    expect([stat.version, await inside.checkWatches("/zookeeper/config")]).toEqual([-1, false]);
    expect(await client.checkWatches("/zookeeper/config")).toBe(false);
  });
});

describe("a watch at the server", () => {
  test("is found by its type, and on its own connection only", async () => {
    const one = await connected();
    await one.get("/a", { watch: () => {} });
    await one.children("/a/b", { watch: () => {} });
    await one.addWatch("/a/d", "persistentRecursive", () => {});
    const types = ["data", "children", "any", "persistent", "persistentRecursive"] as const;
    const found = (path: string) => Promise.all(types.map((type) => one.checkWatches(path, type)));
    expect([await found("/a"), await found("/a/b"), await found("/a/d")]).toEqual([
      [true, false, true, false, false],
      [false, true, true, false, false],
      [false, false, true, false, true],
    ]);
    expect(await client.checkWatches("/a")).toBe(false);
  });

  test("is removed at both ends, and one that is not there is NOWATCHER", async () => {
    const one = await connected();
    const events = recorder<string>();
    const watch = (event: WatchEvent): void => events.record(brief(event));
    await one.get("/a/b", { watch });
    await one.children("/a/b", { watch });
    await one.removeWatches("/a/b", "data");
    await one.set("/a/b", "changed");
    await one.create("/a/b/new");
    expect(events.seen).toEqual(["childrenChanged /a/b"]);
    await expect(one.removeWatches("/a/b")).rejects.toMatchObject({ code: "NOWATCHER" });
  });
});

test("a reconfiguration carries the server's own error", async () => {
  await using alone = await startEnsemble(1);
  const zk = await alone.connect();
  const error = await zk.reconfig({ leaving: [3] }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "ZooKeeperError", code: expect.any(String) });
  expect(["RECONFIGDISABLED", "UNIMPLEMENTED"]).toContain((error as { code: string }).code);
});
