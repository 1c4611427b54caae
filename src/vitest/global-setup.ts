import type {} from "vitest"; // TypeScript augments only modules that the file imports
import type { TestProject } from "vitest/node";
import { optionsFromEnvironment } from "../ensemble/environment.ts";
import { acquireShared, releaseShared } from "../ensemble/shared.ts";
import { describeRun, optionsOfRun, type SharedRun } from "../ensemble/test-run/shared-run.ts";
import { type EnsembleOptions, startEnsemble } from "../index.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The connect string of the run's shared ensemble: `inject("zookeeper")`. */
    zookeeper: string;
    /** What the fixtures of `zookeeper-memory-server/vitest` know of it; undefined without this setup. */
    zookeeperRun: SharedRun | undefined;
    /** What `provide` in the configuration gives the fixture of this name: options of every test's own ensemble. */
    ensembleOptions: EnsembleOptions;
  }
}

declare module "vitest/node" {
  interface InlineConfig {
    /** Options of the run's shared ensemble; ZKMS_PEERS and its siblings in the environment go before them. */
    zookeeper?: EnsembleOptions;
  }
}

/**
 * Boots one ensemble for the whole run; every test gets its connect string from `inject("zookeeper")` and from
 * `process.env.ZOOKEEPER_CONNECT`. Projects with the same options share it. In watch mode it is reset before each rerun.
 *
 * ```ts
 * // vitest.config.ts
 * export default defineConfig({ test: { globalSetup: "zookeeper-memory-server/vitest/global-setup" } });
 * ```
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = { ...project.config.zookeeper, ...optionsFromEnvironment(process.env) };
  const options = optionsOfRun("vitest", given, process.env);
  const key = `vitest ${JSON.stringify(options)}`;
  let isOurs = false; // of several projects that share it, one resets it
  const ensemble = await acquireShared(key, () => {
    isOurs = true;
    return startEnsemble(options);
  });
  if (isOurs) project.onTestsRerun(() => ensemble.reset());
  const { connectString } = ensemble;
  project.provide("zookeeper", connectString);
  project.provide("zookeeperRun", describeRun(ensemble, options));
  // The project's own env, because projects with other options have other ensembles; process.env, for what they start.
  project.config.env = { ...project.config.env, ZOOKEEPER_CONNECT: connectString };
  process.env["ZOOKEEPER_CONNECT"] = connectString;
  return () => releaseShared(key);
}
