import { optionsFromEnvironment } from "../ensemble/environment.ts";
import { acquireShared } from "../ensemble/shared.ts";
import { startEnsemble } from "../index.ts";

/**
 * Boots one ensemble for the whole run and writes its connect string to `process.env.ZOOKEEPER_CONNECT`, which Jest's workers
 * inherit. ZKMS_PEERS and its siblings in the environment choose its options.
 *
 * ```js
 * // jest.config.js
 * module.exports = {
 *   globalSetup: "zookeeper-memory-server/jest-global-setup",
 *   globalTeardown: "zookeeper-memory-server/jest-global-teardown",
 *   testEnvironment: "zookeeper-memory-server/jest-environment",
 * };
 * ```
 */
export default async function globalSetup(): Promise<void> {
  const options = { name: "jest", ...optionsFromEnvironment(process.env) };
  const ensemble = await acquireShared("jest", () => startEnsemble(options));
  process.env["ZOOKEEPER_CONNECT"] = ensemble.connectString;
}
