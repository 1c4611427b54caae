import { State } from "node-zookeeper-client";
import { describe, expect, test } from "vitest";
import { type Ensemble, type Snapshot, startEnsemble } from "../../src/index.ts";
import { NodeZookeeper } from "./node-zookeeper.ts";

/** Everything that a client can see of a node. */
const seen = async (ens: Ensemble, path: string) => {
  const client = await ens.connect();
  try {
    const [{ data, stat }, { acl }] = await Promise.all([client.get(path), client.getAcl(path)]);
    return { data: data.toString(), stat, acl };
  } finally {
    await client.close();
  }
};

describe.each([
  [3, "memory", "tcp"],
  [3, "disk", "tcp"],
  [3, "memory", "memory"],
  [1, "memory", "tcp"],
  [1, "disk", "tcp"],
] as const)("%i peers, storage in %s, links over %s", (peers, kind, peerLinks) => {
  const start = () => startEnsemble(peers, { storage: { kind }, peerLinks });

  test("a restored state is what it was: data, Stats, ACLs, counters; zxids go on", async () => {
    await using ens = await start();
    await using client = await ens.connect();
    await client.create("/app", "1", { mode: "container" });
    await client.create("/app/seq-", "", { mode: "persistentSequential" });
    await client.set("/app", "2");
    const readable = [{ scheme: "world", id: "anyone", perms: 1 }];
    await client.create("/guarded", "x", { acl: readable });
    await client.create("/mine", "", { mode: "ephemeral" });
    const before = [await seen(ens, "/app"), await seen(ens, "/guarded")];
    const snapshot = await ens.snapshot();
    const words = await ens.peer(1).fourLetterWord("mntr");

    await client.set("/app", "3");
    await client.create("/app/seq-", "", { mode: "persistentSequential" });
    await client.create("/later");
    const { zxid } = await ens.waitForConverged();
    await ens.restore(snapshot);

    expect([await seen(ens, "/app"), await seen(ens, "/guarded")]).toEqual(before);
    expect(await ens.dump()).toEqual({
      app: { "": "2", "seq-0000000000": "" },
      guarded: "x",
    });
    expect((await ens.waitForConverged()).zxid).toBeGreaterThan(zxid);
    expect(await ens.sessions.list()).toEqual([]);
    await using other = await ens.connect();
    expect(await other.create("/app/seq-", "", { mode: "persistentSequential" })).toBe(
      "/app/seq-0000000001",
    );
    const count = (text: string) => Number(/zk_znode_count\s+(\d+)/.exec(text)?.[1]);
    const after = await ens.peer(1).fourLetterWord("mntr");
    expect(count(after)).toBe(count(words)); // one more sequential, one ephemeral less
    expect(after).toMatch(/digest_mismatches_count\s+0/);
  });

  test("and outlives the crash of everybody, once more, and again", async () => {
    await using ens = await start();
    await ens.seedTree({ a: "1" });
    const one = await ens.snapshot();
    await ens.seedTree({ a: "2", b: "2" });
    const two = await ens.snapshot();
    for (const [snapshot, tree] of [
      [one, { a: "1" }],
      [two, { a: "2", b: "2" }],
      [one, { a: "1" }],
    ] as const) {
      await ens.restore(snapshot);
      await ens.kill("all");
      await ens.start();
      expect(await ens.dump()).toEqual(tree);
    }
    await ens.waitForConverged();
  });
});

describe.each(["memory", "disk"] as const)("storage in %s", (kind) => {
  test.each([
    ["as it was taken", (snapshot: Snapshot) => snapshot],
    ["out of JSON", (snapshot: Snapshot): Snapshot => JSON.parse(JSON.stringify(snapshot))],
  ])("what is below the configuration does not last, a snapshot %s", async (_, kept) => {
    await using ens = await startEnsemble(3, { storage: { kind, fsync: true } });
    await using root = await ens.connect({ auth: [{ scheme: "digest", auth: "super:super" }] });
    await root.create("/zookeeper/config/x");
    await root.create("/zookeeper/config/x/y");
    await root.create("/a");
    const snapshot = await ens.snapshot();
    await ens.restore(kept(snapshot));
    await ens.kill("all");
    await ens.start();
    await using client = await ens.connect();
    expect((await client.children("/zookeeper/config")).children).toEqual([]);
    expect((await client.children("/")).children.sort()).toEqual(["a", "zookeeper"]);
    expect((await client.get("/zookeeper/config")).data.toString()).toMatch(/^server\.1=/);
  });
});

describe("clients", () => {
  test("node-zookeeper-client loses its connection and learns that its session expired", async () => {
    await using ens = await startEnsemble(3);
    const snapshot = await ens.snapshot();
    const client = await NodeZookeeper.connect(ens.connectString);
    const { session } = client;
    const expired = client.next(State.EXPIRED);
    await ens.restore(snapshot);
    await expired;
    // It may come back before anybody serves, and be sent away once more.
    const states = ["SYNC_CONNECTED[3]", "DISCONNECTED[0]", "EXPIRED[-122]"];
    expect([...new Set(client.states)]).toEqual(states);
    const changes = (await ens.events.history({ type: "session" })).flatMap((event) =>
      event.type === "session" && event.id === session ? [event.change] : [],
    );
    expect(changes).toEqual(["created", "disconnected", "expired"]);
  });

  test("are given no session's id a second time, also while time stands", async () => {
    await using ens = await startEnsemble(1, { clock: "manual" });
    const snapshot = await ens.snapshot();
    const ids = new Set<bigint>();
    for (let round = 0; round < 5; round += 1) {
      ids.add((await ens.connect()).sessionId);
      await ens.restore(snapshot);
    }
    expect(ids.size).toBe(5);
  });
});

describe("peers that are not there", () => {
  test("are given the restored state when they come: stopped, crashed, paused or cut off", async () => {
    await using ens = await startEnsemble({ peers: 5, observers: 1 });
    await ens.seedTree({ a: "1" });
    const snapshot = await ens.snapshot();
    await ens.seedTree({ a: "2", lost: "" });
    await ens.waitForConverged();
    const [stopped, paused] = await ens.followers();
    if (stopped === undefined || paused === undefined) throw new Error("two followers");
    await stopped.stop();
    await paused.pause();
    const cut = await ens.isolate(6);
    await ens.restore(snapshot);
    expect(await ens.dump()).toEqual({ a: "1" });
    await cut.undo();
    await paused.resume();
    await stopped.start();
    await ens.waitForConverged();
    expect(await ens.dump()).toEqual({ a: "1" });
    for (const peer of ens.peers) {
      expect(await peer.fourLetterWord("mntr")).toMatch(/digest_mismatches_count\s+0/);
    }
  });

  test("a configuration that changed since is kept, and so is another ensemble's own", async () => {
    await using ens = await startEnsemble(3);
    await ens.seedTree({ a: "1" });
    const snapshot = await ens.snapshot();
    const added = await ens.addPeer();
    await ens.restore(snapshot);
    await ens.seedTree({ b: "2" });
    await ens.waitForConverged();
    expect(await added.role()).toMatch(/leader|follower/);

    const kept: unknown = JSON.parse(JSON.stringify(snapshot));
    await using alone = await startEnsemble(1);
    await alone.restore(kept as Snapshot);
    expect(await alone.dump()).toEqual({ a: "1" });
    await using other = await startEnsemble(3, { peerLinks: "memory" });
    await other.restore(kept as Snapshot);
    expect(await other.dump()).toEqual({ a: "1" });
    await other.restart();
    await other.waitForConverged();
  });
});

describe("a restore beside a start", () => {
  test.each([1, 3])(
    "of a peer that is still reading what it had goes on above that: %i peers",
    async (peers) => {
      await using ens = await startEnsemble(peers);
      await ens.seedTree({ a: "1" });
      const snapshot = await ens.snapshot();
      await ens.seedTree({ a: "2", b: "", c: "", d: "" });
      const before = await ens.waitForConverged();
      await ens.stop();
      const slow = await ens.storage.slow("all", "read", 50);
      const starting = ens.start();
      await new Promise(setImmediate); // the processes are up
      await ens.restore(snapshot);
      await starting;
      await slow.undo();
      expect((await ens.waitForConverged()).zxid).toBeGreaterThan(before.zxid);
      expect(await ens.dump()).toEqual({ a: "1" });
    },
  );

  test("that comes while it is under way waits for it", async () => {
    await using ens = await startEnsemble(1);
    await ens.seedTree({ a: "1" });
    const snapshot = await ens.snapshot();
    await ens.seedTree({ a: "2" });
    const restoring = ens.restore(snapshot);
    await Promise.all([ens.peer(1).start(), ens.start(), ens.restore(snapshot), restoring]);
    expect(await ens.dump()).toEqual({ a: "1" });
  });
});

describe("what cannot be restored is refused, and changes nothing", () => {
  test("no quorum", async () => {
    await using ens = await startEnsemble(3);
    await ens.seedTree({ a: "1" });
    const snapshot = await ens.snapshot();
    await ens.seedTree({ b: "2" });
    await ens.kill([1, 2]);
    await expect(ens.restore(snapshot)).rejects.toMatchObject({
      code: "ZKMS_BAD_STATE",
      message: expect.stringContaining("1 of 3 voters is up, which is no quorum"),
    });
    await ens.start();
    expect(await ens.dump()).toEqual({ a: "1", b: "2" });
  });

  test("no snapshot, one of another version, one that is damaged", async () => {
    await using ens = await startEnsemble(1);
    await using client = await ens.connect();
    const json = JSON.parse(JSON.stringify(await ens.snapshot()));
    for (const [wrong, text] of [
      [undefined, "is no snapshot"],
      [{ a: "1" }, "is no snapshot"],
      [{ ...json, version: 2 }, "option snapshot.version: 2 is not 1"],
      [{ ...json, data: "AAAA" }, "is damaged"],
    ] as const) {
      await expect(ens.restore(wrong as never)).rejects.toMatchObject({
        code: "ZKMS_BAD_OPTIONS",
        message: expect.stringContaining(text),
      });
    }
    expect(await client.exists("/")).not.toBe(null); // the same session
    expect(client.state).toBe("connected");
  });
});
