import assert from "node:assert/strict";
import { startEnsemble } from "zookeeper-memory-server";
import { connect } from "zookeeper-memory-server/client";

const ensemble = await startEnsemble(3);
const client = await connect(ensemble.connectString);
await client.create("/made", "here");
await client.close();
assert.deepEqual(await ensemble.dump(), { made: "here" });
await ensemble.close();
