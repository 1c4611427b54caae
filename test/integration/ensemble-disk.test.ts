import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { connectEnsemble, type Ensemble, startEnsemble } from "../../src/index.ts";
import { NodeZookeeper } from "./node-zookeeper.ts";
import { javaFolder, tempFolder } from "./temp-folder.ts";

const disk = (dir: string) => ({ kind: "disk", dir }) as const;

describe("storage on disk", () => {
  test("what was written is there when everything starts anew", async () => {
    const dir = tempFolder();
    let zxid: bigint;
    {
      await using ens = await startEnsemble(3, { storage: disk(dir) });
      await ens.seedTree({ app: { "": "x", config: "y" } });
      await using client = await ens.connect();
      await client.create("/app/seq-", "z", { mode: "persistentSequential" });
      ({ zxid } = await ens.waitForConverged());
    }
    await using ens = await startEnsemble(3, { storage: disk(dir) });
    expect(await ens.dump("/app")).toEqual({ "": "x", config: "y", "seq-0000000001": "z" });
    expect((await ens.waitForConverged()).zxid).toBeGreaterThan(zxid);
    expect((await ens.status()).epoch).toBe(2);
  });

  test("who belongs is known when everything starts anew, at the ports of now", async () => {
    const dir = tempFolder();
    /** What each peer serves as the configuration, against where it and its fellows listen. */
    async function expectPlaces(ens: Ensemble): Promise<void> {
      const lines = ens.peers.map(({ id, ports: { quorum, election, client } }) => {
        return `server.${id}=127.0.0.1:${quorum}:${election}:participant;127.0.0.1:${client}`;
      });
      for (const { id } of ens.peers) {
        await using client = await ens.connect({ to: id });
        await client.sync("/");
        const { config } = await client.getConfig();
        expect(config.split("\n").slice(0, -1)).toEqual(lines);
      }
    }
    {
      await using ens = await startEnsemble(3, { storage: disk(dir) });
      await ens.addPeer();
      await ens.waitForConverged();
      await expectPlaces(ens);
    }
    {
      await using ens = await startEnsemble(4, { storage: disk(dir) });
      await expectPlaces(ens);
      await ens.removePeer(4);
      await ens.restart();
      await expectPlaces(ens);
    }
    await using ens = await startEnsemble(3, { storage: disk(dir) });
    await expectPlaces(ens);
  });

  test("each peer has Apache's layout", async () => {
    const dir = tempFolder();
    await using ens = await startEnsemble(3, { storage: disk(dir) });
    expect(ens.peers.map((peer) => peer.dataDir)).toEqual(
      [1, 2, 3].map((id) => join(dir, `peer${id}`)),
    );
    const follower = (await ens.followers())[0];
    const folder = follower?.dataDir ?? "";
    await follower?.stop(); // a quorum serves before everybody's disk is done
    expect(readFileSync(join(folder, "myid"), "utf8")).toBe(`${follower?.id}\n`);
    expect(readdirSync(join(folder, "version-2")).sort()).toEqual([
      "acceptedEpoch",
      "currentEpoch",
      "log.100000001",
      "snapshot.0",
      "zoo.cfg.dynamic",
    ]);
    expect(await ens.storage.files(follower?.id ?? 0)).toEqual([
      { name: "acceptedEpoch", kind: "epoch", bytes: 1 },
      { name: "currentEpoch", kind: "epoch", bytes: 1 },
      { name: "snapshot.0", kind: "snapshot", bytes: expect.any(Number) },
      { name: "log.100000001", kind: "log", bytes: 16 + 1024 * 1024 },
    ]);
  });

  test("without a folder there is a temporary one until the close", async () => {
    const ens = await startEnsemble(1, { storage: { kind: "disk" } });
    const folder = ens.peer(1).dataDir ?? "";
    expect(existsSync(join(folder, "version-2"))).toBe(true);
    await ens.close();
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(join(folder, ".."))).toBe(false);
  });

  test.each([
    [true, true],
    [false, false],
  ])("a folder of one's own with keep: %s is there after the close: %s", async (keep, there) => {
    const dir = tempFolder();
    const ens = await startEnsemble(1, { storage: { kind: "disk", dir, keep } });
    await ens.close();
    expect(existsSync(join(dir, "peer1"))).toBe(there);
  });

  test("keep: on-failure keeps the files of an ensemble on which a call failed", async () => {
    for (const fails of [true, false]) {
      const dir = tempFolder();
      const storage = { kind: "disk", dir, keep: "on-failure" } as const;
      const ens = await startEnsemble(1, { storage });
      if (fails) {
        await expect(ens.waitFor("never", () => false, { timeout: 1 })).rejects.toThrow("never");
      }
      await ens.close();
      expect(existsSync(join(dir, "peer1"))).toBe(fails);
    }
  });

  test("keep: on-failure keeps nothing where a wait was given up, or passed elsewhere", async () => {
    const dir = tempFolder();
    const storage = { kind: "disk", dir, keep: "on-failure" } as const;
    const ens = await startEnsemble(1, { storage, control: true });
    const signal = AbortSignal.abort();
    await expect(ens.waitFor("never", () => false, { signal })).rejects.toThrow("abort");
    const elsewhere = await connectEnsemble(ens.controlUrl ?? "", {
      token: ens.controlToken ?? "",
    });
    await elsewhere.waitFor("now", () => true);
    await elsewhere.close();
    await ens.close();
    expect(existsSync(join(dir, "peer1"))).toBe(false);
  });

  test("a peer may have a folder of its own, and the others none", async () => {
    const dir = tempFolder();
    const peers = [{ storage: disk(dir) }, {}, { storage: "memory" }] as const;
    await using ens = await startEnsemble({ peers });
    expect(ens.peers.map((peer) => peer.dataDir)).toEqual([dir, undefined, undefined]);
    expect(await ens.storage.files(2)).toEqual([]);
    expect(existsSync(join(dir, "myid"))).toBe(true);
  });

  test("restart with wipe begins from nothing, and is given everything by the others", async () => {
    const dir = tempFolder();
    await using ens = await startEnsemble(3, { storage: disk(dir) });
    await ens.seedTree({ a: "1" });
    const [follower] = await ens.followers();
    await follower?.restart({ wipe: true });
    await ens.waitForConverged();
    const names = (await ens.storage.files(follower?.id ?? 0)).map(({ name }) => name);
    expect(names).toContain("acceptedEpoch");
    await ens.kill([1, 2, 3].filter((id) => id !== follower?.id));
    await ens.stop();
    await ens.start();
    expect(await ens.dump()).toEqual({ a: "1" });
  });
});

describe.each([
  ["disk", true],
  ["disk", false],
  ["memory", true],
] as const)("storage in %s, fsync %s", (kind, fsync) => {
  test("what was acknowledged survives the crash of everybody", async () => {
    const options = kind === "disk" ? { dir: tempFolder() } : {};
    await using ens = await startEnsemble(3, { storage: { kind, fsync, ...options } });
    for (let round = 0; round < 5; round += 1) {
      const client = await ens.connect();
      await client.create(`/round-${round}`, String(round));
      await Promise.all([1, 2, 3].map(async (id) => ens.kill(id)));
      await ens.start();
      await client.close();
      expect(Object.keys(await ens.dump())).toHaveLength(round + 1);
    }
  });
});

describe.each(["disk", "memory"] as const)("what was not synced, storage in %s", (kind) => {
  const storage = { kind, fsync: false, loseUnsynced: true };

  test("is lost with the crash of everybody, though clients were told that it is done", async () => {
    await using ens = await startEnsemble(3, { storage });
    await using client = await NodeZookeeper.connect(ens.connectString);
    await client.create("/a");
    await ens.kill("all");
    await ens.start();
    expect(await ens.dump()).toEqual({});
  });

  test("comes back from the others after the crash of one, and is there after a stop", async () => {
    await using ens = await startEnsemble(3, { storage });
    await ens.seedTree({ a: "1" });
    await ens.killLeader();
    await ens.start();
    await ens.waitForConverged();
    expect(await ens.dump()).toEqual({ a: "1" });
    await ens.restart();
    expect(await ens.dump()).toEqual({ a: "1" });
  });
});

describe("a folder that Apache wrote", () => {
  test("three peers start on it and go on where it ended", async () => {
    await using ens = await startEnsemble(3, { storage: disk(javaFolder()) });
    expect(await ens.dump("/locks")).toEqual({
      "l-0000000000": "b",
      "l-0000000002": "a",
      "l-0000000003": "b2",
    });
    expect((await ens.status()).epoch).toBe(3);
    const sessions = new Set((await ens.sessions.list()).map(({ id }) => id));
    expect(sessions).toEqual(new Set([0x1000013472f0000n, 0x200001347340000n]));
    const { zxid } = await ens.waitForConverged();
    expect(zxid >> 32n).toBe(3n);
  });

  test.each([1, 2, 3])("peer %i of it stands alone", async (id) => {
    const dir = join(javaFolder(), `peer${id}`);
    await using ens = await startEnsemble({ peers: [{ id, storage: disk(dir) }] });
    const tree = await ens.dump("/app");
    expect(Object.keys(tree)).toHaveLength(21);
  });
});

describe("a folder that cannot be used", () => {
  test("is refused when it is another peer's", async () => {
    const dir = join(javaFolder(), "peer2");
    await expect(startEnsemble({ peers: [{ id: 1, storage: disk(dir) }] })).rejects.toMatchObject({
      code: "ZKMS_STORAGE",
      message: expect.stringContaining("the folder is that of peer 2, not of 1"),
    });
  });

  test("is refused while another ensemble has it, and free when that is closed", async () => {
    const dir = tempFolder();
    const first = await startEnsemble(1, { storage: disk(dir) });
    await expect(startEnsemble(1, { storage: disk(dir) })).rejects.toMatchObject({
      code: "ZKMS_STORAGE",
      message: expect.stringContaining(`in use by another ensemble, of process ${process.pid}`),
    });
    await first.close();
    await using again = await startEnsemble(1, { storage: disk(dir) });
    expect(await again.peer(1).role()).toBe("standalone");
  });
});
