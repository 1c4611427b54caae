import { expect, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";

const limits = "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=3";

async function ensembleWithQuota(peers: number) {
  const ens = await startEnsemble({ peers, config: { enforceQuota: true } });
  const zk = await ens.connect({ to: peers === 1 ? "leader" : "followers" });
  await zk.create("/app", "12345");
  await zk.create("/zookeeper/quota/app/zookeeper_limits", limits, { parents: true });
  await zk.create("/zookeeper/quota/app/zookeeper_stats");
  const stats = async () => (await zk.get("/zookeeper/quota/app/zookeeper_stats")).data.toString();
  return { ens, zk, stats };
}

test.each([1, 3])(
  "a hard quota is counted for clients to see, and enforced (%i peers)",
  async (peers) => {
    const { ens, zk, stats } = await ensembleWithQuota(peers);
    await using _ = ens;
    expect(await stats()).toBe("count=1,bytes=5");
    await zk.create("/app/a", "12345");
    await zk.create("/app/b", "12345");
    expect(await stats()).toBe("count=3,bytes=15");
    await expect(zk.create("/app/c")).rejects.toMatchObject({ code: "QUOTAEXCEEDED" });
    await expect(zk.set("/app/a", "12345678901")).rejects.toMatchObject({ code: "QUOTAEXCEEDED" });
    const atOnce = zk.multi([
      { op: "delete", path: "/app/a" },
      { op: "create", path: "/app/c" },
    ]);
    await expect(atOnce).rejects.toMatchObject({ code: "QUOTAEXCEEDED" });
    await zk.delete("/app/a");
    await zk.create("/app/c", "1234567890");
    expect(await stats()).toBe("count=3,bytes=20");
    await zk.delete("/zookeeper/quota/app/zookeeper_limits");
    await zk.create("/app/d", "beyond all limits");
    await zk.close();
  },
);

test("the next leader counts on where the last one ended", async () => {
  const { ens, zk, stats } = await ensembleWithQuota(3);
  await using _ = ens;
  await zk.create("/app/a", "1");
  await ens.killLeader();
  await zk.create("/app/b", "1");
  expect(await stats()).toBe("count=3,bytes=7");
  await expect(zk.create("/app/c")).rejects.toMatchObject({ code: "QUOTAEXCEEDED" });
  await zk.close();
});

test("quotas are counted, not enforced, unless they are asked for", async () => {
  await using ens = await startEnsemble(1);
  const zk = await ens.connect();
  await zk.create("/zookeeper/quota/app/zookeeper_limits", limits, { parents: true });
  await zk.create("/zookeeper/quota/app/zookeeper_stats");
  await zk.create("/app", "far more than twenty bytes");
  expect((await zk.get("/zookeeper/quota/app/zookeeper_stats")).data.toString()).toBe(
    "count=1,bytes=26",
  );
  await zk.close();
});
