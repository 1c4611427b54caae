import { describe, expect, test } from "vitest";
import type { ZooKeeperClient } from "../../src/client/index.ts";
import type { Ensemble, Role } from "../../src/index.ts";
import { startEnsemble } from "./started.ts";

/** A silent leader is given up after 300 ms. */
const quick = { tickTime: 50, syncLimit: 6 } as const;

const roles = async (ens: Ensemble): Promise<Role[]> =>
  (await ens.status()).peers.map(({ role }) => role);

describe.each(["tcp", "memory"] as const)("over %s", (peerLinks) => {
  test("another peer leads after the leader is killed, and the killed one comes back", async () => {
    await using ens = await startEnsemble(3, { ...quick, peerLinks });
    const before = await ens.leader();
    const { killed, leader } = await ens.killLeader();
    expect(killed).toBe(before);
    expect(leader?.id).not.toBe(killed.id);
    expect(await killed.role()).toBe("crashed");
    await killed.start();
    expect(await killed.role()).toBe("follower");
    await ens.waitForConverged();
  });

  test("what was committed survives every leader, one after the other", async () => {
    await using ens = await startEnsemble(3, { ...quick, peerLinks });
    for (const round of [1, 2, 3]) {
      const zk = await ens.connect();
      await zk.create(`/round-${round}`);
      await zk.close();
      const { killed } = await ens.killLeader();
      await killed.start();
    }
    await ens.waitForConverged();
    expect(await ens.dump()).toEqual({ "round-1": "", "round-2": "", "round-3": "" });
  });

  test("a leader cut off with the minority steps down, and the majority goes on", async () => {
    await using ens = await startEnsemble(3, { ...quick, peerLinks });
    const old = await ens.leader();
    const fault = await ens.partition("leader");
    const next = await ens.waitForLeader({ not: old.id });
    await ens.waitForQuorum();
    expect(next.id).not.toBe(old.id);
    expect((await ens.status()).faults).toEqual([`#1 ${fault.label}`]);
    await old.waitForRole("looking");
    await fault.undo();
    await old.waitForRole("follower");
    expect((await ens.status()).faults).toEqual([]);
    await ens.waitForConverged();
  });

  test("a partition that leaves no quorum ends with heal", async () => {
    await using ens = await startEnsemble(3, { ...quick, peerLinks });
    await ens.partition([1], [2], [3]);
    await ens.waitForNoLeader();
    await ens.heal();
    await ens.waitForConverged();
  });

  test("a paused leader is replaced, and follows when it resumes", async () => {
    await using ens = await startEnsemble(3, { ...quick, peerLinks });
    const old = await ens.leader();
    await old.pause();
    expect(await old.role()).toBe("paused");
    await ens.waitForLeader({ not: old.id });
    await old.resume();
    await old.waitForRole("follower");
    await ens.waitForConverged();
  });
});

describe("peers", () => {
  test("stop and start without losing what they know", async () => {
    await using ens = await startEnsemble(3, quick);
    const zk = await ens.connect();
    await zk.create("/kept", "data");
    await zk.close();
    await ens.stop();
    expect(await roles(ens)).toEqual(["stopped", "stopped", "stopped"]);
    await ens.start();
    expect(await ens.dump()).toEqual({ kept: "data" });
    await ens.restart();
    expect(await ens.dump()).toEqual({ kept: "data" });
  });

  test("a rolling restart never takes the quorum away", async () => {
    await using ens = await startEnsemble(3, quick);
    const before = (await ens.events.history()).length;
    await ens.restart({ rolling: true });
    await ens.waitForConverged();
    const events = (await ens.events.history({ type: "peer" })).slice(before);
    let down = 0;
    for (const event of events) {
      if (event.type === "peer" && event.to === "stopped") down += 1;
      if (event.type === "peer" && event.from === "stopped") down -= 1;
      expect(down).toBeLessThanOrEqual(1);
    }
    expect((await roles(ens)).sort()).toEqual(["follower", "follower", "leader"]);
  });

  test("one that is wiped gets everything again", async () => {
    await using ens = await startEnsemble(3, quick);
    await ens.seedTree({ a: { b: "1" } });
    const [follower] = await ens.followers();
    await follower?.restart({ crash: true, wipe: true });
    await ens.waitForConverged();
    expect((await follower?.status())?.znodes).toBe((await (await ens.leader()).status()).znodes);
  });

  test.each([false, true])(
    "no start comes between an end and a wipe (crash: %s)",
    async (crash) => {
      await using ens = await startEnsemble(1, { storage: { kind: "disk" } });
      await ens.seedTree({ a: "1" });
      await Promise.all([ens.peer(1).restart({ crash, wipe: true }), ens.start()]);
      expect(await ens.dump()).toEqual({});
      await ens.seedTree({ b: "2" });
      await ens.restart();
      expect(await ens.dump()).toEqual({ b: "2" });
    },
  );

  test("kill takes a target, and says whom it hit", async () => {
    await using ens = await startEnsemble(5, quick);
    const minority = await ens.kill("minority");
    expect(minority.length).toBe(2);
    await ens.waitForQuorum();
    expect(await ens.kill("all")).toHaveLength(3);
    expect(await ens.kill("all")).toHaveLength(0);
    expect(await roles(ens)).toEqual(Array.from({ length: 5 }, () => "crashed"));
  });

  test("are killed at the call: whatever is called next finds them down", async () => {
    await using ens = await startEnsemble(3, quick);
    const old = await ens.leader();
    const [killed, next] = await Promise.all([ens.kill("leader"), ens.waitForLeader()]);
    expect(killed).toEqual([old]);
    expect(next).not.toBe(old);
    const [, again] = await Promise.allSettled([ens.kill("leader"), ens.kill("leader")]);
    expect(again).toMatchObject({ status: "rejected", reason: { code: "ZKMS_BAD_STATE" } });
  });

  test("answer four-letter words, and say why not when they are down", async () => {
    await using ens = await startEnsemble(3, { fourLetterWords: ["ruok", "srvr"] });
    const leader = await ens.leader();
    expect(await leader.fourLetterWord("ruok")).toBe("imok");
    expect(await leader.fourLetterWord("srvr")).toContain("Mode: leader\n");
    expect(await leader.fourLetterWord("mntr")).toContain("not in the whitelist");
    await expect(leader.fourLetterWord("nope!")).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
    });
    await leader.kill();
    await expect(leader.fourLetterWord("ruok")).rejects.toThrow(
      `peer ${leader.id} cannot answer ruok: it is crashed\n  try     ensemble.peer(${leader.id}).start()`,
    );
  });

  test("drop their connections, and clients come back with their session", async () => {
    await using ens = await startEnsemble(1);
    const zk = await ens.connect();
    const session = zk.sessionId;
    const lost = new Promise<void>((resolve) => {
      zk.onState((state) => state === "disconnected" && resolve());
    });
    expect(await ens.peer(1).dropConnections()).toBe(1);
    await lost;
    await zk.create("/back");
    expect(zk.sessionId).toBe(session);
    await zk.close();
  });

  test("leave nobody to lead when another one is down, and then the leader is not killed", async () => {
    await using ens = await startEnsemble(3);
    await ens.kill("minority");
    const { id } = await ens.leader();
    await expect(ens.killLeader()).rejects.toThrow(
      `nobody can lead after ${id}: no quorum is left\n  try     ensemble.start() first, or`,
    );
    expect((await ens.leader()).id).toBe(id);
  });

  test("cannot be paused when they are down, and nobody can follow a single one", async () => {
    await using ens = await startEnsemble(1);
    await expect(ens.killLeader()).rejects.toThrow(
      "nobody can lead after 1: no quorum is left\n  try     ensemble.killLeader(",
    );
    const { leader } = await ens.killLeader({ waitForNew: false });
    expect(leader).toBe(undefined);
    await expect(ens.peer(1).pause()).rejects.toMatchObject({ code: "ZKMS_BAD_STATE" });
  });
});

describe("links", () => {
  test("a follower that hears nothing from its leader looks for another, in that direction only", async () => {
    await using ens = await startEnsemble(3, quick);
    const [follower] = await ens.followers();
    if (follower === undefined) throw new Error("no follower");
    const fault = await ens.isolate(follower.id, { direction: "in" });
    await follower.waitForRole("looking");
    await ens.waitForQuorum();
    await fault.undo();
    await follower.waitForRole("follower");
  });

  test("a block between two followers disturbs nobody", async () => {
    await using ens = await startEnsemble(3, quick);
    const [one, other] = (await ens.followers()).map(({ id }) => id);
    if (one === undefined || other === undefined) throw new Error("no followers");
    await using _fault = await ens.network.block({ from: one, to: other, direction: "both" });
    await ens.waitForQuorum();
    await ens.waitForConverged();
  });

  test("a client's bytes wait while it is isolated, and are answered when the fault ends", async () => {
    await using ens = await startEnsemble(1);
    const zk = await ens.connect();
    const fault = await ens.isolate(1, { from: "clients" });
    const created = zk.create("/late");
    await ens.waitForQuorum();
    expect(await ens.dump()).toEqual({});
    await fault.undo();
    expect(await created).toBe("/late");
    await zk.close();
  });

  test("a rule crashes the leader after the first PROPOSAL, and the write is decided by the rest", async () => {
    await using ens = await startEnsemble(3, quick);
    const leader = await ens.leader();
    const zk = await ens.connect({ to: "followers" });
    await ens.network.on({ type: "PROPOSAL", from: leader.id }, "crash-sender");
    const outcome = zk.create("/decided").then(
      () => "created",
      (error) => error.code,
    );
    await ens.waitForLeader({ not: leader.id });
    expect(["created", "CONNECTIONLOSS"]).toContain(await outcome);
    expect(await leader.role()).toBe("crashed");
    const peers = await ens.events.history({ type: "peer", peer: leader.id });
    expect(peers.at(-1)).toMatchObject({ to: "crashed" });
    await ens.waitForConverged();
    await zk.close();
  });

  test("messages are held until they are released", async () => {
    await using ens = await startEnsemble(3, quick);
    const zk = await ens.connect({ to: "leader" });
    const hold = await ens.network.hold({ from: "leader" }, { type: "PROPOSAL" });
    const created = zk.create("/held");
    await ens.waitFor("two proposals are held", async () => (await hold.queued()).length === 2);
    expect(await ens.dump()).toEqual({});
    expect((await hold.queued()).map(({ type }) => type)).toEqual(["PROPOSAL", "PROPOSAL"]);
    expect(await hold.release()).toBe(2);
    expect(await created).toBe("/held");
    await hold.undo();
    await zk.close();
  });

  test("roles are those of the moment in which the fault begins, and its label says whose they were", async () => {
    await using ens = await startEnsemble(3, quick);
    const old = await ens.leader();
    const rest = [1, 2, 3].filter((id) => id !== old.id);
    const link = { from: "leader", to: "followers", channel: "client" } as const;
    const block = await ens.network.block(link);
    const label = `block leader (${old.id}) > followers (${rest.join(",")}) client`;
    expect(block.label).toBe(label);
    const hold = await ens.network.hold({ to: "leader" }, { type: "SYNC" });
    expect(hold.label).toBe(`hold SYNC any > leader (${old.id})`);
    const rule = await ens.network.on({ type: "SYNC", to: "minority" }, { delay: 1 });
    expect(rule.label).toMatch(/^rule SYNC any > minority \([12]\): {"delay":1}$/);
    await ens.killLeader();
    expect((await ens.status()).faults[0]).toBe(`#1 ${label}`);
  });

  test("conditions given at the start are on every link until heal", async () => {
    await using ens = await startEnsemble(3, { clock: "manual", network: { latency: 20 } });
    const before = await ens.clock.now();
    let zk: ZooKeeperClient | undefined;
    const connecting = ens.connect().then((client) => {
      zk = client;
    });
    while (zk === undefined) await ens.clock.advance(1);
    await connecting;
    // Request, PROPOSAL, ACK and reply at least.
    expect(await ens.clock.now()).toBeGreaterThanOrEqual(before + 80);
    expect((await ens.status()).faults).toEqual(["#1 shape all links"]);
    await ens.heal();
    await ens.clock.advance(20); // what is under way arrives in its time
    expect(await zk.create("/at-once")).toBe("/at-once");
    expect((await ens.status()).faults).toEqual([]);
    await zk.close();
  });

  test("a partition needs sides with somebody on each, and nobody on two", async () => {
    await using ens = await startEnsemble(3, quick);
    await expect(ens.partition([1, 2], [2, 3])).rejects.toThrow("a partition has 2 on two sides");
    await expect(ens.partition("observers")).rejects.toThrow("needs two sides");
    await expect(ens.partition()).rejects.toThrow("needs two sides");
    await expect(ens.isolate("leaders" as "leader")).rejects.toThrow('try     "leader"');
  });
});
