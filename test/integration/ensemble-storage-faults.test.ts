import { Exception } from "node-zookeeper-client";
import { describe, expect, test } from "vitest";
import { type Ensemble, type Peer, startEnsemble } from "../../src/index.ts";
import { NodeZookeeper } from "./node-zookeeper.ts";

/** Why peers went down, in order. */
const crashes = async (ens: Ensemble) =>
  (await ens.events.history({ type: "peer" })).flatMap((event) =>
    event.type === "peer" && event.to === "crashed" ? [`${event.peer} ${event.why}`] : [],
  );

const follower = async (ens: Ensemble): Promise<Peer> => {
  const [first] = await ens.followers();
  if (first === undefined) throw new Error("there is no follower");
  return first;
};

describe.each(["memory", "disk"] as const)("a disk that fails, storage in %s", (kind) => {
  test("ends a follower before it acknowledges; the others go on, and it comes back", async () => {
    await using ens = await startEnsemble(3, { storage: { kind } });
    const { id } = await follower(ens);
    const fault = await ens.storage.fail(id, "append");
    expect((await ens.status()).faults).toEqual([`#1 fail append of ${id} with EIO`]);
    const client = await ens.connect({ to: (await ens.leader()).id });
    await client.create("/a", "1");
    await ens.peer(id).waitForRole("crashed");
    expect(await crashes(ens)).toEqual([`${id} EIO: i/o error, append`]);
    expect((await ens.status()).faults).toEqual([]);
    await ens.peer(id).start();
    await ens.waitForConverged();
    await fault.undo(); // long over
    const changes = (await ens.events.history({ type: "fault" })).map((event) =>
      event.type === "fault" ? event.change : undefined,
    );
    expect(changes).toEqual(["on", "off"]);
  });

  test("the nth transaction is lost with its peer, and those before it are not", async () => {
    await using ens = await startEnsemble(1, { storage: { kind } });
    await using client = await NodeZookeeper.connect(ens.connectString);
    await ens.storage.fail(1, "append", { nth: 3 });
    await client.create("/a");
    await client.create("/b");
    await expect(client.create("/c")).rejects.toMatchObject({ code: Exception.CONNECTION_LOSS });
    await ens.peer(1).start();
    expect(await client.exists("/b")).not.toBe(null);
    expect(await client.exists("/c")).toBe(null);
  });

  test.each([true, false])(
    "fsync: what it was for is lost where that is modelled: %s",
    async (fsync) => {
      await using ens = await startEnsemble(1, { storage: { kind, fsync } });
      const client = await ens.connect();
      await client.create("/a");
      await ens.storage.fail(1, "fsync");
      const create = client.create("/b");
      await expect(create).rejects.toMatchObject({ code: "CONNECTIONLOSS" });
      await ens.peer(1).start();
      expect(await ens.dump()).toEqual(fsync ? { a: "" } : { a: "", b: "" });
      await client.close();
    },
  );

  test("a snapshot that cannot be saved ends its peer, which has all in its log", async () => {
    await using ens = await startEnsemble(1, { storage: { kind }, snapCount: 10 });
    await ens.storage.fail(1, "snapshot", { error: "ENOSPC" });
    const client = await ens.connect();
    let made = 0;
    const writing = (async () => {
      for (; ; made += 1) await client.create(`/n${made}`);
    })();
    await expect(writing).rejects.toMatchObject({ code: "CONNECTIONLOSS" });
    expect(await crashes(ens)).toEqual(["1 ENOSPC: no space left on device, snapshot"]);
    await ens.peer(1).start();
    expect(Object.keys(await ens.dump()).length).toBeGreaterThanOrEqual(made);
    await client.close();
  });

  test("a peer that cannot read its files does not start, and does when it can", async () => {
    await using ens = await startEnsemble(3, { storage: { kind } });
    const peer = await follower(ens);
    await peer.stop();
    await ens.storage.fail(peer.id, "read", { times: 2 });
    for (const _ of [1, 2]) {
      await expect(peer.start()).rejects.toMatchObject({
        code: "ZKMS_STORAGE",
        message: expect.stringContaining(`peer ${peer.id} cannot start: EIO: i/o error, read`),
      });
    }
    await peer.start();
    await ens.waitForConverged();
  });

  test("a full disk ends the leader, and its next lives, until there is room", async () => {
    await using ens = await startEnsemble(3, { storage: { kind } });
    const leader = await ens.leader();
    const full = await ens.storage.fill(leader.id);
    await ens.seedTree({ a: "1" }).catch(() => {}); // its outcome is unknown, as after any crash
    await ens.waitForLeader({ not: leader.id });
    await expect(leader.start()).rejects.toMatchObject({
      code: "ZKMS_STORAGE",
      message: expect.stringContaining("ENOSPC: no space left on device"),
    });
    expect((await ens.status()).faults).toEqual([`#1 full disk of ${leader.id}`]);
    await full.undo();
    await leader.start();
    await ens.seedTree({ b: "2" });
    expect(await ens.dump()).toMatchObject({ b: "2" });
    await ens.waitForConverged();
  });
});

describe.each(["memory", "disk"] as const)("a slow disk, storage in %s", (kind) => {
  test("lets writes wait by the ensemble's clock, and reads go on", async () => {
    await using ens = await startEnsemble(1, { storage: { kind }, clock: "manual" });
    const [owner, reader] = [await ens.connect(), await ens.connect()];
    await owner.create("/mine", "x", { mode: "ephemeral" });
    const slow = await ens.storage.slow(1, "fsync", 500);
    const expiring = ens.sessions.expire("/mine"); // asked of the peer at once, unlike a client's request
    await ens.clock.advance(499);
    expect((await reader.get("/mine")).data.toString()).toBe("x");
    await ens.clock.advance(1);
    await expiring;
    expect(await reader.exists("/mine")).toBe(null);
    await slow.undo();
    await reader.create("/quick");
    await Promise.all([owner.close(), reader.close()]);
  });

  test("counts each transaction of a flush, and keeps a starting peer waiting", async () => {
    await using ens = await startEnsemble(1, { storage: { kind }, clock: "manual" });
    const [first, second] = [await ens.connect(), await ens.connect()];
    await ens.storage.slow(1, "append", 100);
    const expiring = ens.sessions.expireAll();
    await ens.clock.advance(199);
    expect(await ens.sessions.list()).toHaveLength(2);
    await ens.clock.advance(1);
    expect(await expiring).toBe(2);
    await Promise.all([first.close(), second.close()]);

    await ens.heal();
    await ens.peer(1).stop();
    await ens.storage.slow(1, "read", 1_000);
    let started = false;
    const starting = ens
      .peer(1)
      .start()
      .then(() => {
        started = true;
      });
    await ens.clock.advance(999);
    expect(started).toBe(false);
    await ens.clock.advance(1);
    await starting;
  });

  test("gives up with its peer: a crash or the close does not wait for it", async () => {
    await using ens = await startEnsemble(1, { storage: { kind }, clock: "manual" });
    const client = await ens.connect();
    await ens.storage.slow(1, "append", 1_000);
    const create = client.create("/a");
    await ens.kill(1);
    await expect(create).rejects.toMatchObject({ code: "CONNECTIONLOSS" });
    await ens.storage.slow(1, "read", 1_000);
    ens
      .peer(1)
      .start()
      .catch(() => {}); // ends with the ensemble
    await client.close();
  });
});

describe.each(["memory", "disk"] as const)("files that are corrupted, storage in %s", (kind) => {
  test("a flipped bit in the log keeps a peer from starting; wiped, it is given everything", async () => {
    await using ens = await startEnsemble(3, { storage: { kind } });
    await ens.seedTree({ a: "1" });
    const peer = await follower(ens);
    await peer.kill();
    await ens.storage.corrupt(peer.id, { file: "log", how: "bitflip" });
    await expect(peer.start()).rejects.toMatchObject({
      code: "ZKMS_STORAGE",
      message: expect.stringMatching(/log\.100000001, offset \d+: a checksum that is wrong/),
    });
    await peer.restart({ wipe: true });
    await ens.waitForConverged();
  });

  test.each(["truncate", "torn"] as const)(
    "%s: the last transaction is lost, and comes from the others",
    async (how) => {
      await using ens = await startEnsemble(3, { storage: { kind } });
      await using client = await ens.connect();
      await client.create("/a");
      const peer = await follower(ens);
      await ens.waitForConverged();
      await peer.kill();
      await ens.storage.corrupt(peer.id, { file: "log", how });
      await peer.start();
      await ens.waitForConverged();

      // Where everybody has lost it, nobody knows of it.
      await client.create("/b");
      await ens.waitForConverged();
      await ens.kill("all");
      await ens.storage.corrupt("all", { file: "log", how });
      await ens.start();
      expect(await ens.dump()).toEqual({ a: "" });
    },
  );

  test.each(["bitflip", "truncate", "torn"] as const)(
    "%s: a snapshot keeps its peer from starting where there is no other to go on from",
    async (how) => {
      await using ens = await startEnsemble(3, { storage: { kind } });
      await ens.seedTree({ a: "1" });
      const peer = await follower(ens);
      await peer.stop();
      await ens.storage.corrupt(peer.id, { file: "snapshot", how });
      await expect(peer.start()).rejects.toMatchObject({
        code: "ZKMS_STORAGE",
        message: expect.stringMatching(/no snapshot/),
      });
      await peer.restart({ wipe: true });
      await ens.waitForConverged();
    },
  );
});

describe("what makes no sense is refused", () => {
  test("with what would", async () => {
    await using ens = await startEnsemble(1);
    const { storage } = ens;
    await expect(storage.corrupt(1, { file: "log", how: "torn" })).rejects.toMatchObject({
      code: "ZKMS_BAD_STATE",
      message: expect.stringContaining(
        "peer 1 is standalone: its files are in use\n  try     ensemble.peer(1).stop()",
      ),
    });
    await expect(storage.fail(1, "fsnc" as "fsync")).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
      hint: `"fsync"`,
    });
    for (const options of [{ nth: 0 }, { times: 0.5 }, { error: "EPERM" as "EIO" }]) {
      const refused = storage.fail(1, "append", options);
      await expect(refused).rejects.toMatchObject({ code: "ZKMS_BAD_OPTIONS" });
    }
    await expect(storage.slow(1, "append", 0)).rejects.toMatchObject({ code: "ZKMS_BAD_OPTIONS" });
    await expect(storage.corrupt(1, {} as never)).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
    });
    await expect(storage.fill(7)).rejects.toMatchObject({ code: "ZKMS_NO_SUCH_PEER" });
    expect((await ens.status()).faults).toEqual([]);
  });

  test("a log without a transaction cannot be corrupted", async () => {
    await using ens = await startEnsemble({ peers: [{ start: false }] });
    await expect(ens.storage.corrupt(1, { file: "log", how: "torn" })).rejects.toMatchObject({
      code: "ZKMS_BAD_STATE",
      message: expect.stringContaining("peer 1 has no log with anything in it"),
    });
  });
});

test("a slow snapshot whose role has ended saves nothing for the next one", async () => {
  const slowTicks = { tickTime: 2000, initLimit: 20, syncLimit: 10 };
  await using ens = await startEnsemble(3, { clock: "manual", ...slowTicks });
  const { id } = await follower(ens);
  const client = await ens.connect({ to: (await ens.leader()).id });
  await ens.storage.slow(id, "snapshot", 2500);
  let joins = 0;
  using _ = ens.events.on("message", ({ type, message, to }) => {
    if (type === "message" && message === "NEWLEADER" && to === id) joins += 1;
  });
  const starting = ens.peer(id).restart({ crash: true, wipe: true });
  await ens.waitFor("it has a snapshot", () => joins === 1);
  await ens.clock.advance(1500);
  await ens.peer(id).dropConnections({ peers: true });
  await ens.waitFor("it has another one", () => joins === 2);
  await ens.clock.advance(1100); // the first would be saved
  await client.create("/behind-both");
  await ens.clock.advance(2500); // the second is
  await starting;
  await client.create("/on-top");
  await ens.waitForConverged();
  await ens.peer(id).kill();
  await ens.peer(id).start();
  await ens.waitForConverged();
  await client.close();
});
