import { writeFile } from "node:fs/promises";
import test from "ava";
import { startEnsemble } from "zookeeper-memory-server";
import { connect } from "zookeeper-memory-server/client";

let ensemble;
test.before(async () => {
  ensemble = await startEnsemble(3); // one for the file: AVA runs each in a process of its own
});
test.after.always(() => ensemble?.close());

test.beforeEach(async (t) => {
  t.context.zk = await ensemble.namespace(); // tests of a file run at the same time, and do not see each other
});
test.afterEach.always(async (t) => {
  if (!t.passed) await tellWhatHappened(t);
  await t.context.zk?.close();
});

async function tellWhatHappened(t) {
  const { peers } = await ensemble.status();
  await writeFile("timeline.html", await ensemble.events.timeline("html"));
  t.log(`peers     ${peers.map(({ id, role }) => `${id} ${role}`).join(" | ")}`);
  t.log(`replay    seed ${ensemble.seed}`);
  t.log("timeline  timeline.html");
}

for (const colour of ["red", "blue"]) {
  test(`finds its own ${colour}`, async (t) => {
    const client = await connect(t.context.zk.connectString); // or the code under test, with its own client
    await client.create("/config", colour);
    await client.close();
    t.deepEqual(await t.context.zk.dump(), { config: colour });
  });
}
