import { TestEnvironment } from "jest-environment-node";
import { ZkmsError } from "../ensemble/errors.ts";

declare global {
  /** The connect string of the run's shared ensemble, in every test file under `zookeeper-memory-server/jest-environment`. */
  var __ZOOKEEPER__: string;
}

/** Jest's Node environment with the shared ensemble's connect string as the global `__ZOOKEEPER__`. */
export default class ZooKeeperEnvironment extends TestEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    const connectString = process.env["ZOOKEEPER_CONNECT"];
    if (connectString === undefined) {
      throw new ZkmsError("ZKMS_BAD_STATE", "no shared ensemble is up for this run of Jest", {
        why: "process.env.ZOOKEEPER_CONNECT is not set",
        hint: 'globalSetup: "zookeeper-memory-server/jest-global-setup" in the Jest configuration',
      });
    }
    this.global.__ZOOKEEPER__ = connectString;
    // What `await using` looks for; Jest 30 gives it to its sandbox, Jest 29 does not.
    for (const name of ["dispose", "asyncDispose"] as const) {
      const { Symbol: sandboxed } = this.global;
      if (!(name in sandboxed)) Object.defineProperty(sandboxed, name, { value: Symbol[name] });
    }
  }
}
