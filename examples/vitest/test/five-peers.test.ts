import { expect } from "vitest";
import { test as base } from "zookeeper-memory-server/vitest";

const test = base.extend({ ensembleOptions: { peers: 5, seed: "five" } });

test("two of five may die", async ({ ensemble }) => {
  await ensemble.kill("minority");
  await ensemble.waitForQuorum();
  expect((await ensemble.status()).peers.filter(({ role }) => role === "crashed")).toHaveLength(2);
});
