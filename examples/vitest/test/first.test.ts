import { expect } from "vitest";
import { test } from "zookeeper-memory-server/vitest";

test("a namespace is mine alone", async ({ zk, zkClient }) => {
  // The code under test connects to zk.connectString, with the client it always uses.
  await zkClient.create("/config", "blue");
  expect(await zk.dump()).toEqual({ config: "blue" });
});
