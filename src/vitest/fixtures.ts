import { test as base, inject, type TestAPI } from "vitest";
import type { ZooKeeperClient } from "../client/index.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import { describeFailure, describeSharedFailure } from "../ensemble/test-run/failure.ts";
import { openNamespace, type SharedNamespace } from "../ensemble/test-run/shared-namespace.ts";
import type { SharedRun } from "../ensemble/test-run/shared-run.ts";
import { type Ensemble, type EnsembleOptions, startEnsemble } from "../index.ts";
import { fullName, hasFailed, type VitestTask } from "./task.ts";

/** What a test may ask for; each is made when a test does, and gone when the test is over. */
export interface ZooKeeperFixtures {
  /** Options of `ensemble`; override it by `test.extend`, `test.override` or `provide` in the configuration. */
  ensembleOptions: EnsembleOptions;
  /** An ensemble of the test's own, to break: three peers unless `ensembleOptions` says otherwise. */
  ensemble: Ensemble;
  /** A chroot of the test's own on the shared ensemble of `zookeeper-memory-server/vitest/global-setup`. */
  zk: SharedNamespace;
  /** The small client for assertions, connected in `zk`. */
  zkClient: ZooKeeperClient;
}

type Fixture<Value, Context> = (
  context: Context,
  use: (value: Value) => Promise<void>,
) => Promise<void>;
interface OfTest {
  readonly task: VitestTask;
}

/** The fixtures by themselves, for `test.extend` of a test that has others: `myTest.extend<ZooKeeperFixtures>(fixtures)`. */
export interface ZooKeeperFixtureDefinitions {
  ensembleOptions: [EnsembleOptions, { injected: true }];
  ensemble: Fixture<Ensemble, OfTest & Pick<ZooKeeperFixtures, "ensembleOptions">>;
  zk: Fixture<SharedNamespace, OfTest>;
  zkClient: Fixture<ZooKeeperClient, OfTest & Pick<ZooKeeperFixtures, "zk">>;
}

export const fixtures: ZooKeeperFixtureDefinitions = {
  ensembleOptions: [{}, { injected: true }],

  ensemble: async ({ ensembleOptions, task }, use) => {
    const ensemble = await startEnsemble({ name: "vitest", ...ensembleOptions });
    try {
      await use(ensemble);
      if (hasFailed(task)) tell(await describeFailure(ensemble, fullName(task)));
    } finally {
      await ensemble.close();
    }
  },

  zk: async ({ task }, use) => {
    const namespace = await openNamespace(sharedRun(), task.name);
    try {
      await use(namespace);
      await tellOfShared(task, namespace);
    } finally {
      await namespace.close();
    }
  },

  zkClient: async ({ zk, task }, use) => {
    const client = await zk.connect();
    try {
      await use(client);
      await tellOfShared(task, zk); // before its ephemeral nodes go
    } finally {
      await client.close();
    }
  },
};

/**
 * Vitest's `test` with ZooKeeper at hand.
 *
 * ```ts
 * test("a lock is free again when its holder's session ends", async ({ zk, zkClient }) => {
 *   const lock = await acquire(zk.connectString, "/lock"); // the code under test, with its own client
 *   await lock.end();
 *   expect(await zkClient.children("/lock")).toMatchObject({ children: [] });
 * });
 *
 * test("writing goes on when the leader dies", async ({ ensemble }) => {
 *   await ensemble.killLeader();
 * });
 * ```
 */
export const test: TestAPI<ZooKeeperFixtures> = base.extend<ZooKeeperFixtures>(fixtures);

function sharedRun(): SharedRun {
  const run: SharedRun | undefined = inject("zookeeperRun");
  if (run !== undefined) return run;
  throw new ZkmsError("ZKMS_BAD_STATE", "no shared ensemble is up for this run of Vitest", {
    why: "the fixture zk is a part of the ensemble that the global setup boots, and there was none",
    hint: 'test: { globalSetup: "zookeeper-memory-server/vitest/global-setup" } in vitest.config.ts, or the fixture ensemble',
  });
}

const told = new WeakSet<SharedNamespace>();

async function tellOfShared(task: VitestTask, namespace: SharedNamespace): Promise<void> {
  if (!hasFailed(task) || told.has(namespace)) return;
  told.add(namespace);
  tell(await describeSharedFailure(sharedRun(), fullName(task), namespace));
}

/** Through the console, which Vitest knows the test of. */
function tell(text: string): void {
  // biome-ignore lint/suspicious/noConsole: what a failed test says belongs beside the test
  console.error(text);
}
