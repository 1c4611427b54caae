import { test as base, expect } from "vitest";
import { fixtures, type ZooKeeperFixtures } from "zookeeper-memory-server/vitest";

const ensembleOptions = { peers: 5, seed: "five" };
const test = base.extend<ZooKeeperFixtures>({ ...fixtures, ensembleOptions });

test("two of five may die", async ({ ensemble }) => {
  await ensemble.kill("minority");
  await ensemble.waitForQuorum();
  expect((await ensemble.status()).peers.filter(({ role }) => role === "crashed")).toHaveLength(2);
});
