const { connect } = require("zookeeper-memory-server/client");

test("what the last run left is gone", async () => {
  const client = await connect(__ZOOKEEPER__);
  expect((await client.children("/")).children).toEqual(["zookeeper"]);
  await client.create("/leftover", "");
  await client.close();
});
