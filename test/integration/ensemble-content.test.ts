import { describe, expect, test } from "vitest";
import type { EnsembleEvent } from "../../src/index.ts";
import { startEnsemble } from "./started.ts";

describe("content", () => {
  test("seeded is content dumped", async () => {
    await using ens = await startEnsemble(3);
    const tree = {
      app: { "": "own", config: '{"a":1}', bytes: Uint8Array.of(255, 0) },
      z: "",
      no: null,
    };
    await ens.seedTree(tree);
    expect(await ens.dump()).toEqual(tree);
    await ens.seedTree({ config: "new", more: { deep: "1" } }, "/app");
    expect(await ens.dump("/app")).toEqual({
      "": "own",
      bytes: Uint8Array.of(255, 0),
      config: "new",
      more: { deep: "1" },
    });
    await expect(ens.dump("/nowhere")).rejects.toThrow("there is no node /nowhere to dump");
    await expect(ens.dump("bad")).rejects.toMatchObject({ code: "ZKMS_BAD_OPTIONS" });
  });

  test("larger than one request is seeded and cleared in several", async () => {
    await using ens = await startEnsemble(1, { juteMaxBuffer: 20_000 });
    const names = Array.from({ length: 3_000 }, (_, index) => `node-${index}`);
    await ens.seedTree({ many: Object.fromEntries(names.map((name) => [name, "x".repeat(50)])) });
    expect((await ens.peer(1).status()).znodes).toBeGreaterThan(3_000);
    await ens.reset();
    expect(await ens.dump()).toEqual({});
  });

  test("dumped is what has committed, whoever leads when the dump is over", async () => {
    await using ens = await startEnsemble(3);
    const names = Array.from({ length: 30_000 }, (_, index) => `node-${index}`);
    await ens.seedTree({ many: Object.fromEntries(names.map((name) => [name, ""])) });
    const leader = await ens.leader();
    await using zk = await ens.connect({ to: "leader" });
    const hold = await ens.network.hold({ from: "leader" }, { type: "PROPOSAL" });
    zk.create("/never").catch(() => {});
    await ens.waitFor("two proposals are held", async () => (await hold.queued()).length === 2);
    await ens.partition("leader");
    const dumped = ens.dump();
    await leader.dropConnections({ peers: true });
    expect(Object.keys(await dumped)).toEqual(["many"]);
  });

  test("reset leaves a clean slate: faults off, peers up, sessions gone, tree empty", async () => {
    await using ens = await startEnsemble(3);
    const zk = await ens.connect();
    await zk.addAuth("digest", "me:secret");
    await zk.create("/locked", "", { acl: [{ scheme: "auth", id: "", perms: 31 }] });
    await zk.create("/locked/below", "", { mode: "ephemeral" });
    await ens.partition("leader");
    await ens.kill("followers");
    await ens.reset();
    const { peers, faults, quorum } = await ens.status();
    expect({ faults, quorum, down: peers.filter(({ leader }) => leader === undefined) }).toEqual({
      faults: [],
      quorum: true,
      down: [],
    });
    expect([await ens.dump(), await ens.sessions.list()]).toEqual([{}, []]);
  });

  test("reset tells watchers of each node it deletes, whatever its ACL, and takes no zxid back", async () => {
    await using ens = await startEnsemble(3, { superUser: false });
    await ens.seedTree({ a: { b: "1" }, locked: { c: "" } });
    await using zk = await ens.connect({ to: "followers" });
    await zk.setAcl("/locked", [{ scheme: "world", id: "anyone", perms: 1 }]);
    await expect(zk.delete("/locked/c")).rejects.toMatchObject({ code: "NOAUTH" });
    const heard: string[] = [];
    await zk.addWatch("/", "persistentRecursive", ({ type, path }) =>
      heard.push(`${type} ${path}`),
    );
    const { zxid } = await ens.waitForConverged();
    await ens.reset({ sessions: false });
    expect(await ens.dump()).toEqual({});
    await zk.sync();
    const gone = ["/a", "/a/b", "/locked", "/locked/c"];
    expect(heard.sort()).toEqual(gone.map((path) => `deleted ${path}`));
    expect((await ens.waitForConverged()).zxid).toBeGreaterThan(zxid);
    await zk.create("/a", "", { mode: "ephemeral" });
    expect(await ens.dump()).toEqual({ a: "" });
  });

  test("reset takes one write: to delete what there is, or to show that a quorum commits", async () => {
    await using ens = await startEnsemble(3);
    await ens.seedTree({ app: { a: "1", b: "2" } });
    let { zxid } = await ens.waitForConverged();
    for (const options of [{}, {}, { data: false }]) {
      await ens.reset(options);
      const before = zxid;
      ({ zxid } = await ens.waitForConverged());
      expect(zxid - before).toBe(1n);
    }
  });

  test("reset starts also a peer whose stop is under way", async () => {
    await using ens = await startEnsemble(3);
    const [follower] = await ens.followers();
    const stopping = follower?.stop();
    await ens.reset();
    await stopping;
    expect(await follower?.role()).toBe("follower");
  });

  test("reset is as patient as a start where a peer that is up does not serve", async () => {
    await using ens = await startEnsemble(3, { timeouts: { wait: 50 } });
    const [follower] = await ens.followers();
    const hold = await ens.network.hold({ to: "leader" }, { type: "FOLLOWERINFO" });
    await follower?.dropConnections({ peers: true });
    const isBack = async (): Promise<boolean> => (await hold.queued()).length > 0;
    await ens.waitFor("it asks to join again", isBack, { timeout: 5000 });
    const reset = ens.reset({ faults: false, sessions: false, data: false });
    const longer = ens.waitForNoLeader({ timeout: 100 });
    await expect(longer).rejects.toMatchObject({ code: "ZKMS_WAIT_TIMEOUT" });
    await hold.release();
    await expect(reset).resolves.toBe(undefined);
  });

  test("reset leaves alone what it is told to", async () => {
    await using ens = await startEnsemble(1);
    await ens.seedTree({ kept: "1" });
    const zk = await ens.connect();
    await ens.reset({ sessions: false, data: false });
    expect([await ens.dump(), zk.state]).toEqual([{ kept: "1" }, "connected"]);
    await zk.close();
  });

  test("a namespace is a chroot of its own", async () => {
    await using ens = await startEnsemble(1);
    await using one = await ens.namespace();
    await using other = await ens.namespace("other");
    const zk = await one.connect();
    await zk.create("/a", "1");
    expect(one.connectString).toBe(`${ens.connectString}${one.path}`);
    expect([await one.dump(), await other.dump()]).toEqual([{ a: "1" }, {}]);
    await one.seedTree({ b: "2" });
    expect(await one.dump()).toEqual({ a: "1", b: "2" });
    await one.clear();
    expect(await one.dump()).toEqual({});
    await one.close();
    expect(await ens.dump()).toEqual({ other: "" });
    await zk.close();
  });
});

describe("events", () => {
  test("tell of a life: roles, elections, leaders, sessions, commits, faults and time", async () => {
    const heard: EnsembleEvent[] = [];
    await using ens = await startEnsemble(3, { onEvent: (event) => heard.push(event) });
    const zk = await ens.connect();
    await zk.create("/a");
    await using _fault = await ens.isolate("followers", { from: "clients" });
    await ens.heal();
    await ens.clock.advance(10);
    await zk.close();
    await ens.waitFor("the close is told", () => heard.at(-1)?.type === "session");
    expect(new Set(heard.map(({ type }) => type))).toEqual(
      new Set(["peer", "election", "leader", "commit", "session", "fault", "clock"]),
    );
    expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, index) => index + 1));
    const leader = (await ens.leader()).id;
    expect(heard.find(({ type }) => type === "leader")).toMatchObject({ peer: leader, epoch: 1 });
    const commits = heard
      .filter((event) => event.type === "commit")
      .map(({ op, path }) => [op, path]);
    expect(commits).toEqual([
      ["error", undefined],
      ["createSession", undefined],
      ["create", "/a"],
      ["closeSession", undefined],
    ]);
    const sessions = heard.filter((event) => event.type === "session");
    expect(sessions.map(({ change, id }) => [change, id === zk.sessionId])).toEqual([
      ["created", true],
      ["closed", true],
    ]);
    expect((await ens.events.history({ type: "fault" })).map((event) => event)).toMatchObject([
      { change: "on", id: 1 },
      { change: "off", id: 1 },
    ]);
  });

  test("a listener hears until it is disposed of", async () => {
    await using ens = await startEnsemble(3);
    const leaders: (number | undefined)[] = [];
    const listening = ens.events.on("leader", ({ peer }) => leaders.push(peer));
    const { killed, leader } = await ens.killLeader();
    expect(leaders).toEqual([undefined, leader?.id]);
    listening[Symbol.dispose]();
    await killed.start();
    await ens.killLeader();
    expect(leaders).toHaveLength(2);
  });
});
