import { describe, expect, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";

const minute = 60_000;

describe.each([1, 3])("with %i peers", (peers) => {
  test("a TTL node goes at the first check after its time, unless it is written", async () => {
    await using ens = await startEnsemble({ peers, clock: "manual" });
    const zk = await ens.connect();
    const mode = "persistentWithTtl";
    await zk.create("/short", "", { mode, ttl: minute / 2 });
    await zk.create("/renewed", "", { mode, ttl: 1.5 * minute });
    await zk.create("/parent", "", { mode, ttl: 1 });
    await zk.create("/parent/child");
    const deleted = new Promise((resolve) => void zk.exists("/short", { watch: resolve }));
    await ens.clock.advance(minute);
    expect(await deleted).toMatchObject({ type: "deleted", path: "/short" });
    await zk.set("/renewed", "");
    await ens.clock.advance(minute);
    expect(await ens.dump()).toEqual({ renewed: "", parent: { child: "" } });
    await zk.delete("/parent/child");
    await ens.clock.advance(minute);
    expect(await ens.dump()).toEqual({});
    await zk.close();
  });

  test("a container goes after its last child, not before its first", async () => {
    await using ens = await startEnsemble({ peers, clock: "manual" });
    const zk = await ens.connect();
    for (const path of ["/unused", "/used", "/inUse"]) {
      await zk.create(path, "", { mode: "container" });
    }
    await zk.create("/used/child");
    await zk.create("/inUse/child", "", { mode: "ephemeral" });
    await zk.delete("/used/child");
    await ens.clock.advance(minute);
    expect(await ens.dump()).toEqual({ unused: "", inUse: { child: "" } });
    await zk.close();
    await ens.clock.advance(minute);
    expect(await ens.dump()).toEqual({ unused: "" });
  });
});

test("a new leader goes on where the last one stopped looking", async () => {
  await using ens = await startEnsemble(3);
  const zk = await ens.connect();
  await zk.create("/short", "", { mode: "persistentWithTtl", ttl: 1_000 });
  await ens.killLeader();
  await ens.clock.advance(minute);
  expect(await zk.exists("/short")).toBe(null);
  await zk.close();
});
