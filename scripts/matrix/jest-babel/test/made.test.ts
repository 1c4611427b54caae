import { startEnsemble } from "zookeeper-memory-server";
import { connect } from "zookeeper-memory-server/client";
import type {} from "zookeeper-memory-server/jest-environment"; // for the types of the globals

test("a namespace, from TypeScript", async () => {
  const client = await connect(__ZOOKEEPER__);
  await client.create("/made", "here");
  await client.close();
  expect(await __ZOOKEEPER_NAMESPACE__?.dump()).toEqual({ made: "here" });
});

test("an ensemble of one's own, from TypeScript", async () => {
  await using ensemble = await startEnsemble(3);
  const { leader } = await ensemble.killLeader();
  expect(await leader?.role()).toBe("leader");
});
