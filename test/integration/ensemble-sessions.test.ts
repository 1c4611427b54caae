import { CreateMode, State } from "node-zookeeper-client";
import { describe, expect, test } from "vitest";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { NodeZookeeper } from "./node-zookeeper.ts";

const remotePortOf = async (ens: Ensemble) =>
  Number((await ens.sessions.list())[0]?.remote?.split(":").at(-1));

describe("sessions", () => {
  test("are listed with what they hold, and found by every name they have", async () => {
    await using ens = await startEnsemble(3);
    const zk = await ens.connect({ to: 2, sessionTimeout: 5_000 });
    await zk.create("/mine", "", { mode: "ephemeral" });
    await zk.exists("/nothing", { watch: () => {} });
    await ens.waitForConverged();
    const [session] = await ens.sessions.list();
    expect(session).toMatchObject({
      id: zk.sessionId,
      timeout: 5_000,
      peer: 2,
      connected: true,
      readOnly: false,
      ephemerals: ["/mine"],
      watches: 1,
    });
    const remotePort = await remotePortOf(ens);
    const hex = `0x${BigInt.asUintN(64, zk.sessionId).toString(16)}`;
    const names = [zk.sessionId, BigInt.asUintN(64, zk.sessionId), hex, "/mine", { remotePort }];
    for (const name of names) expect((await ens.sessions.get(name))?.id).toBe(zk.sessionId);
    expect(await ens.sessions.get("/not-mine")).toBe(undefined);
    expect(await ens.sessions.get({ remotePort: 1 })).toBe(undefined);
    await zk.close();
    expect(await ens.sessions.list()).toEqual([]);
  });

  test("expire for everybody: ephemerals go, the client learns of it, watchers hear", async () => {
    await using ens = await startEnsemble(3);
    const owner = await ens.connect({ to: "leader" });
    const watcher = await ens.connect({ to: "followers" });
    await owner.create("/mine", "", { mode: "ephemeral" });
    await watcher.sync();
    const gone = new Promise((resolve) => void watcher.exists("/mine", { watch: resolve }));
    const expired = new Promise<void>((resolve) => {
      owner.onState((state) => state === "expired" && resolve());
    });
    const info = await ens.sessions.expire("/mine");
    expect(info.id).toBe(owner.sessionId);
    expect(await ens.dump()).toEqual({});
    expect(await gone).toMatchObject({ type: "deleted", path: "/mine" });
    await expired;
    await watcher.close();
  });

  test("expire all at once", async () => {
    await using ens = await startEnsemble(3);
    await Promise.all(Array.from({ length: 20 }, () => ens.connect()));
    expect(await ens.sessions.expireAll()).toBe(20);
    expect(await ens.sessions.list()).toEqual([]);
  });

  test("live on over a disconnect", async () => {
    await using ens = await startEnsemble(3);
    const zk = await ens.connect();
    const lost = new Promise<void>((resolve) => {
      zk.onState((state) => state === "disconnected" && resolve());
    });
    await ens.sessions.disconnect(zk.sessionId);
    await lost;
    await zk.create("/still-here", "", { mode: "ephemeral" });
    expect((await ens.sessions.get("/still-here"))?.id).toBe(zk.sessionId);
    await zk.close();
  });

  test("freeze: nothing is answered until the fault ends", async () => {
    await using ens = await startEnsemble(1);
    const zk = await ens.connect();
    const fault = await ens.sessions.freeze(zk.sessionId);
    const created = zk.create("/frozen");
    await ens.waitForQuorum();
    expect(await ens.dump()).toEqual({});
    await fault.undo();
    expect(await created).toBe("/frozen");
    await zk.close();
  });

  test("frozen past its timeout a session expires: its peer hangs up, and its client learns why", async () => {
    await using ens = await startEnsemble(3, { clock: "manual" });
    const client = await NodeZookeeper.connect(ens.connectString);
    await using other = await ens.connect();
    await client.create("/mine", "", CreateMode.EPHEMERAL);
    await ens.sessions.freeze(client.session);
    expect((await ens.status()).faults).toHaveLength(1);
    const late = client.create("/late");
    await ens.clock.advance(9_000); // of 10,000
    expect(await ens.dump()).toEqual({ mine: "" });
    await ens.heal();
    expect(await late).toBe("/late");

    await ens.sessions.freeze("/mine");
    const expired = client.next(State.EXPIRED);
    await ens.clock.advance(11_000);
    expect(await ens.dump()).toEqual({ late: "" });
    expect(await ens.sessions.list()).toMatchObject([{ id: other.sessionId }]);
    await expired;
    await client[Symbol.asyncDispose]();
  });

  test("expire all at once: clients of every peer learn of it, and who comes next is served", async () => {
    await using ens = await startEnsemble({ peers: 3, observers: 1 });
    const clients = await Promise.all(
      ens.peers.map(({ address }) => NodeZookeeper.connect(address)),
    );
    await Promise.all(
      clients.map((client, index) => client.create(`/${index}`, "", CreateMode.EPHEMERAL)),
    );
    const expired = clients.map((client) => client.next(State.EXPIRED));
    expect(await ens.sessions.expireAll()).toBe(4);
    await Promise.all(expired);
    expect(await ens.dump()).toEqual({});
    await using next = await NodeZookeeper.connect(ens.connectString);
    expect(await next.create("/next")).toBe("/next");
  });

  test("a path that no session owns is told with why, and with those that are owned", async () => {
    await using ens = await startEnsemble(1);
    const zk = await ens.connect();
    await zk.create("/persistent");
    await expect(ens.sessions.expire("/persistent")).rejects.toMatchObject({
      code: "ZKMS_NO_SUCH_SESSION",
      message: expect.stringContaining(
        "no session owns /persistent\n  why     the node is there, and is not ephemeral\n  try     a session's id: there is no ephemeral node",
      ),
    });
    await zk.create("/mine", "", { mode: "ephemeral" });
    await expect(ens.sessions.expire("/none")).rejects.toMatchObject({
      message: expect.stringContaining(
        "no session owns /none\n  why     there is no such node\n  try     one of /mine",
      ),
    });
  });

  test("nobody's session is told with those there are", async () => {
    await using ens = await startEnsemble(1);
    await expect(ens.sessions.expire(5n)).rejects.toMatchObject({
      code: "ZKMS_NO_SUCH_SESSION",
      message: expect.stringContaining(
        "there is no session 0x5\n  try     a client must connect first",
      ),
    });
    await expect(ens.sessions.expire("what?")).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
      hint: "client.sessionId, or the path of an ephemeral node",
    });
  });
});

describe("time", () => {
  test("advances past a session's timeout only for those who do not ping", async () => {
    await using ens = await startEnsemble(3, { clock: "manual" });
    const zk = await ens.connect({ sessionTimeout: 4_000 });
    await zk.create("/mine", "", { mode: "ephemeral" });
    const before = await ens.clock.now();
    await ens.clock.advance(60_000);
    expect(await ens.clock.now()).toBe(before + 60_000);
    expect(await ens.dump()).toEqual({ mine: "" });
    await ens.clock.advance(10_000, { keepAlive: "none" });
    expect(await ens.dump()).toEqual({});
    expect((await ens.status()).quorum).toBe(true);
  });

  test("stands when it is manual, and waits say so", async () => {
    await using ens = await startEnsemble(3, { clock: "manual" });
    const now = await ens.clock.now();
    const zk = await ens.connect();
    await zk.create("/a");
    expect(await ens.clock.now()).toBe(now);
    await zk.close();
  });

  test("moves on through restarts of a manual clock's ensemble", async () => {
    await using ens = await startEnsemble(3, { clock: "manual" });
    await ens.restart();
    await ens.waitForQuorum();
    const { leader } = await ens.killLeader();
    expect(leader).toBeDefined();
  });

  test("a skewed peer stamps its own time on what it decides", async () => {
    await using ens = await startEnsemble({ peers: [{ clockSkew: 3_600_000 }] });
    const zk = await ens.connect();
    await zk.create("/ahead");
    const stat = await zk.exists("/ahead");
    expect((stat?.ctime.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
    const fault = await ens.clock.skew(1, -7_200_000);
    await zk.create("/behind");
    expect(Date.now() - ((await zk.exists("/behind"))?.ctime.getTime() ?? 0)).toBeGreaterThan(
      3_000_000,
    );
    await fault.undo();
    await zk.close();
  });

  test("freezes, as a fault", async () => {
    await using ens = await startEnsemble(1);
    await using _frozen = await ens.clock.freeze();
    const now = await ens.clock.now();
    await ens.waitForQuorum();
    expect(await ens.clock.now()).toBe(now);
    expect((await ens.status()).faults).toEqual(["#1 freeze clock"]);
    await ens.heal();
  });

  test("takes whole milliseconds only", async () => {
    await using ens = await startEnsemble(1);
    await expect(ens.clock.advance(-1)).rejects.toMatchObject({ code: "ZKMS_BAD_OPTIONS" });
  });
});
