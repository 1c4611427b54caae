import { startEnsemble } from "zookeeper-memory-server";

let ensemble;

/** Mocha's root hooks: one ensemble for the run, a namespace for each test as `this.zk`. */
export const mochaHooks = {
  async beforeAll() {
    ensemble = await startEnsemble(3);
  },
  async beforeEach() {
    this.zk = await ensemble.namespace();
  },
  async afterEach() {
    await this.zk.close();
  },
  async afterAll() {
    await ensemble.close();
  },
};
