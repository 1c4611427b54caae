import { acquireShared } from "../ensemble/shared.ts";
import { announceRun, describeRun, optionsOfRun } from "../ensemble/test-run/shared-run.ts";
import { startEnsemble } from "../index.ts";
import { readJestOptions } from "./options.ts";

/** Of the configuration that Jest hands to its setup. */
interface ProjectConfig {
  readonly testEnvironmentOptions?: Readonly<Record<string, unknown>>;
}

/**
 * Boots one ensemble for the whole run and writes its connect string to `process.env.ZOOKEEPER_CONNECT`, which Jest's workers
 * inherit. Its options are the `zkms…` keys of `testEnvironmentOptions`, and before them ZKMS_PEERS and its siblings in the
 * environment. In watch mode each run has an ensemble of its own.
 *
 * ```js
 * // jest.config.js; or preset: "zookeeper-memory-server", which is the same
 * module.exports = {
 *   globalSetup: "zookeeper-memory-server/jest-global-setup",
 *   globalTeardown: "zookeeper-memory-server/jest-global-teardown",
 *   testEnvironment: "zookeeper-memory-server/jest-environment",
 *   testEnvironmentOptions: { zkmsPeers: 5 },
 * };
 * ```
 */
export default async function globalSetup(
  _globalConfig?: unknown,
  projectConfig: ProjectConfig = {},
): Promise<void> {
  const { ensemble: options } = readJestOptions(projectConfig.testEnvironmentOptions ?? {});
  const ensemble = await acquireShared("jest", () =>
    startEnsemble(optionsOfRun("jest", options, process.env)),
  );
  announceRun(describeRun(ensemble, options), process.env);
}
