import { writeFile } from "node:fs/promises";
import { startEnsemble } from "zookeeper-memory-server";

let ensemble;

/** Mocha's root hooks: one ensemble for the run, a namespace for each test as `this.zk`. */
export const mochaHooks = {
  async beforeAll() {
    this.timeout(20_000); // a busy machine may take more than Mocha's two seconds
    ensemble = await startEnsemble(3);
  },
  async beforeEach() {
    this.zk = await ensemble.namespace();
  },
  async afterEach() {
    if (this.currentTest.isFailed()) console.log(await whatHappened());
    await this.zk.close();
  },
  async afterAll() {
    await ensemble?.close();
  },
};

async function whatHappened() {
  const { peers } = await ensemble.status();
  await writeFile("timeline.html", await ensemble.events.timeline("html"));
  return [
    `    peers     ${peers.map(({ id, role }) => `${id} ${role}`).join(" | ")}`,
    `    replay    seed ${ensemble.seed}`,
    "    timeline  timeline.html",
  ].join("\n");
}
