import { startEnsemble } from "zookeeper-memory-server";
import { connect } from "zookeeper-memory-server/client";

test("a namespace, from ES modules", async () => {
  const client = await connect(__ZOOKEEPER__);
  await client.create("/made", "here");
  await client.close();
  expect(await __ZOOKEEPER_NAMESPACE__.dump()).toEqual({ made: "here" });
});

test("an ensemble of one's own, from ES modules", async () => {
  const ensemble = await startEnsemble(3);
  await ensemble.killLeader();
  await ensemble.close();
});
