// What conditions, blocks and resets on the links between peers do, over sockets and in memory alike.
import { describe, expect, test } from "vitest";
import { type Ensemble, type LinkConditions, startEnsemble } from "../../src/index.ts";

const quorum = { channel: "quorum" } as const;

/** Whoever gave up its leader since then. */
async function lookedSince(ens: Ensemble, seq: number): Promise<number[]> {
  return (await ens.events.history({ type: "peer", since: seq })).flatMap((event) =>
    event.type === "peer" && event.to === "looking" ? [event.peer] : [],
  );
}
const lastSeq = async (ens: Ensemble): Promise<number> =>
  ((await ens.events.history()).at(-1)?.seq ?? 0) + 1;

describe.each(["tcp", "memory"] as const)("over %s", (peerLinks) => {
  test.each<[string, LinkConditions, number]>([
    ["latency", { latency: 30 }, 60],
    ["drawn latency", { latency: { mean: 40, jitter: 10, distribution: "uniform" } }, 60],
    ["a narrow band", { bandwidth: 20 }, 250],
    ["stalls", { stall: { probability: 1, for: 30 } }, 60],
  ])("%s on the quorum's links makes a write wait, there and back", async (_, conditions, ms) => {
    await using ens = await startEnsemble(3, { peerLinks });
    const zk = await ens.connect({ to: "leader" });
    const fault = await ens.network.shape(quorum, conditions);
    const before = await ens.clock.now();
    await zk.create("/a", "5 KB ".padEnd(5_000, "x"));
    expect((await ens.clock.now()) - before).toBeGreaterThanOrEqual(ms);
    await fault.undo();
    await ens.waitForConverged();
  });

  test.each<[string, LinkConditions]>([
    ["when they have become so old", { reset: { after: 50 } }],
    ["with the next bytes, by chance", { reset: { probability: 1 } }],
  ])("connections are reset %s, and made again", async (_, conditions) => {
    await using ens = await startEnsemble(3, { peerLinks });
    const [follower] = await ens.followers();
    const id = follower?.id ?? 0;
    const since = await lastSeq(ens);
    const fault = await ens.network.shape({ from: id, ...quorum }, conditions);
    await ens.waitFor("the follower to be cut off", async () => {
      return (await lookedSince(ens, since)).includes(id);
    });
    await fault.undo();
    await ens.peer(id).waitForRole("follower");
    await ens.waitForConverged();
    expect(new Set(await lookedSince(ens, since))).toEqual(new Set([id]));
  });

  test("what was sent over a blocked link is delivered when the block ends, on the same connection", async () => {
    await using ens = await startEnsemble(3, { peerLinks });
    const [follower] = await ens.followers();
    const id = follower?.id ?? 0;
    const zk = await ens.connect({ to: "leader" });
    const since = await lastSeq(ens);
    const block = await ens.network.block({ from: "leader", to: id, ...quorum });
    await zk.create("/a", "");
    const [leader, behind] = [await (await ens.leader()).status(), await ens.peer(id).status()];
    expect(behind.zxid).toBeLessThan(leader.zxid);
    await block.undo();
    await ens.waitForConverged();
    expect(await lookedSince(ens, since)).toEqual([]);
  });

  test("a block holds in the direction and on the channel it names, and in no other", async () => {
    await using ens = await startEnsemble(3, { peerLinks });
    const [follower] = await ens.followers();
    const id = follower?.id ?? 0;
    const zk = await ens.connect({ to: "leader" });
    const since = await lastSeq(ens);
    await ens.network.block({ to: id, channel: "election", direction: "in" });
    await ens.network.block({ from: id, to: "leader", ...quorum });
    await zk.create("/a", ""); // by the other follower's ACK
    await ens.waitForConverged(); // what the leader says still arrives
    expect(await lookedSince(ens, since)).toEqual([]);
    await ens.clock.advance(3_000);
    expect(await lookedSince(ens, since)).toContain(id); // its leader hears nothing, and hangs up
  });

  test("a link that refuses keeps its connection, and is made anew when it may", async () => {
    await using ens = await startEnsemble(3, { peerLinks });
    const [follower] = await ens.followers();
    const id = follower?.id ?? 0;
    const since = await lastSeq(ens);
    const fault = await ens.network.refuse({ from: id, ...quorum });
    await ens.waitForConverged();
    expect(await lookedSince(ens, since)).toEqual([]);
    expect(await ens.network.reset({ from: id, to: "leader", ...quorum })).toBeGreaterThan(0);
    await ens.waitFor("the follower to be cut off", async () => {
      return (await lookedSince(ens, since)).includes(id);
    });
    await fault.undo();
    await ens.peer(id).waitForRole("follower");
  });

  test("a rule resets the connection in place of a message, once or as often as it may", async () => {
    await using ens = await startEnsemble(3, { peerLinks });
    const [follower] = await ens.followers();
    const id = follower?.id ?? 0;
    const zk = await ens.connect({ to: "leader" });
    let since = await lastSeq(ens);
    const lost = () =>
      ens.waitFor("the follower to lose its leader", async () => {
        return (await lookedSince(ens, since)).includes(id);
      });
    const write = async (path: string) => {
      await zk.create(path, ""); // by the other follower's ACK
      await ens.waitForConverged();
    };
    await ens.network.on({ type: "PROPOSAL", from: "leader", to: id }, "reset");
    await write("/once");
    await lost();
    since = await lastSeq(ens);
    await write("/spent");
    expect(await lookedSince(ens, since)).toEqual([]);

    const rule = await ens.network.on({ type: "PROPOSAL", from: "leader", to: id }, "reset", {
      times: Infinity,
    });
    for (const path of ["/again", "/and-again"]) {
      since = await lastSeq(ens);
      const written = zk.create(path, "");
      await lost();
      await written;
    }
    await rule.undo();
    await ens.waitForConverged();
    since = await lastSeq(ens);
    await write("/whole");
    expect(await lookedSince(ens, since)).toEqual([]);
  });

  test("flipped bits reach a follower, which sooner or later makes no sense of what it hears", async () => {
    await using ens = await startEnsemble(3, { peerLinks });
    const [follower] = await ens.followers();
    const id = follower?.id ?? 0;
    const since = await lastSeq(ens);
    const link = { from: "leader", to: id, ...quorum } as const;
    const fault = await ens.network.shape(link, { corrupt: { probability: 1 } });
    await ens.waitFor(
      "the follower to lose its leader",
      async () => (await lookedSince(ens, since)).includes(id),
      { timeout: 15_000 },
    );
    await fault.undo();
    await ens.peer(id).restart({ crash: true, wipe: true }); // what it may have stored is wrong
    await ens.waitForConverged();
  });
});
