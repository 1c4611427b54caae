import assert from "node:assert/strict";
import { connect } from "zookeeper-memory-server/client";

for (const colour of ["red", "blue"]) {
  it(`finds its own ${colour}, and nobody else's`, async function () {
    const client = await connect(this.zk.connectString); // or the code under test, with its own client
    await client.create("/config", colour);
    await client.close();
    assert.deepEqual(await this.zk.dump(), { config: colour });
  });
}
