/** @zkms-peers 5 */

test("a file that asks for five peers has them to itself, with all their controls", async () => {
  const ensemble = __ZOOKEEPER_ENSEMBLE__;
  await ensemble.kill("minority");
  await ensemble.waitForQuorum();
  const { peers } = await ensemble.status();
  expect(peers.filter(({ role }) => role === "crashed")).toHaveLength(2);
});
