import assert from "node:assert/strict";
import { test } from "node:test";
import { useNamespace } from "zookeeper-memory-server/node-test";

test("a namespace is mine alone", async (t) => {
  const zk = await useNamespace(t);
  const client = await zk.connect(); // or the code under test, with its own client and zk.connectString
  await client.create("/config", "blue");
  await client.close();
  assert.deepEqual(await zk.dump(), { config: "blue" });
});
