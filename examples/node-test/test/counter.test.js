import assert from "node:assert/strict";
import { test } from "node:test";
import { useEnsemble, useNamespace } from "zookeeper-memory-server/node-test";
import { increment, open } from "../src/counter.js";

test("nobody's increment is lost", async (t) => {
  const zk = await useNamespace(t); // on one ensemble for all tests of the file
  await zk.seedTree({ counter: "0" });
  const clients = await Promise.all([open(zk.connectString), open(zk.connectString)]);
  await Promise.all([...clients, ...clients].map((client) => increment(client, "/counter")));
  assert.deepEqual(await zk.dump(), { counter: "4" });
  for (const client of clients) client.close();
});

test("counting goes on when the leader dies", async (t) => {
  const ensemble = await useEnsemble(t); // three peers of this test's own
  await ensemble.seedTree({ counter: "0" });
  const client = await open(ensemble.connectString);
  await increment(client, "/counter");
  await ensemble.killLeader();
  await increment(client, "/counter");
  assert.deepEqual(await ensemble.dump(), { counter: "2" });
  client.close();
});
