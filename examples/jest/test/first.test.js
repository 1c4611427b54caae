const { connect } = require("zookeeper-memory-server/client");

test("a namespace is this file's alone", async () => {
  const client = await connect(__ZOOKEEPER__); // or the code under test, with the client it always uses
  await client.create("/config", "blue");
  await client.close();
  expect(await __ZOOKEEPER_NAMESPACE__.dump()).toEqual({ config: "blue" });
});
