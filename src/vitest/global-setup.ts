import type {} from "vitest"; // TypeScript augments only modules that the file imports
import type { TestProject } from "vitest/node";
import { optionsFromEnvironment } from "../ensemble/environment.ts";
import { acquireShared, releaseShared } from "../ensemble/shared.ts";
import { type EnsembleOptions, startEnsemble } from "../index.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The connect string of the run's shared ensemble: `inject("zookeeper")`. */
    zookeeper: string;
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
 * `process.env.ZOOKEEPER_CONNECT`. Projects with the same options share it.
 *
 * ```ts
 * // vitest.config.ts
 * export default defineConfig({ test: { globalSetup: "zookeeper-memory-server/vitest/global-setup" } });
 * ```
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const options: EnsembleOptions = {
    name: "vitest",
    ...project.config.zookeeper,
    ...optionsFromEnvironment(process.env),
  };
  const key = `vitest ${JSON.stringify(options)}`;
  const { connectString } = await acquireShared(key, () => startEnsemble(options));
  project.provide("zookeeper", connectString);
  // The project's own env, because projects with other options have other ensembles; process.env, for what they start.
  project.config.env = { ...project.config.env, ZOOKEEPER_CONNECT: connectString };
  process.env["ZOOKEEPER_CONNECT"] = connectString;
  return () => releaseShared(key);
}
