const assert = require("node:assert/strict");
const { startEnsemble } = require("zookeeper-memory-server");
const { connect } = require("zookeeper-memory-server/client");

async function main() {
  const ensemble = await startEnsemble(3);
  const client = await connect(ensemble.connectString);
  await client.create("/made", "here");
  await client.close();
  assert.deepEqual(await ensemble.dump(), { made: "here" });
  await ensemble.close();
}

main();
