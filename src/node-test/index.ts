import { basename } from "node:path";
import { after } from "node:test";
import { optionsFromEnvironment } from "../ensemble/environment.ts";
import { badOption } from "../ensemble/given.ts";
import { acquireShared, releaseShared } from "../ensemble/shared.ts";
import { describeFailure, describeSharedFailure } from "../ensemble/test-run/failure.ts";
import { openNamespace, type SharedNamespace } from "../ensemble/test-run/shared-namespace.ts";
import { announcedRun, describeRun, type SharedRun } from "../ensemble/test-run/shared-run.ts";
import { type Ensemble, type EnsembleOptions, startEnsemble } from "../index.ts";

export type { SharedNamespace } from "../ensemble/test-run/shared-namespace.ts";

/** What is needed of node:test's `TestContext`, the `t` of `test(name, (t) => …)`. */
export interface NodeTestContext {
  readonly name: string;
  readonly fullName?: string;
  readonly filePath?: string | undefined;
  /** Set once the test has failed. */
  readonly error?: unknown;
  after(hook: () => Promise<void>): void;
  diagnostic(message: string): void;
}

/** Of the ensemble that this process's tests share. */
const key = "node-test";

/**
 * An ensemble of the test's own, to break, closed when the test is over. A test that fails tells the state of its peers, its seed
 * and where its timeline was written.
 *
 * ```js
 * test("writing goes on when the leader dies", async (t) => {
 *   const ensemble = await useEnsemble(t);
 *   await ensemble.killLeader();
 * });
 * ```
 */
export async function useEnsemble(
  t: NodeTestContext,
  options: EnsembleOptions = {},
): Promise<Ensemble> {
  checkContext("useEnsemble", t);
  const ensemble = await startEnsemble({ name: "node-test", ...options });
  t.after(async () => {
    try {
      if (hasFailed(t)) tell(t, await describeFailure(ensemble, titleOf(t)));
    } finally {
      await ensemble.close();
    }
  });
  return ensemble;
}

/**
 * A chroot of the test's own, deleted when the test is over: on the ensemble that ZOOKEEPER_CONNECT names, or else on one that the
 * tests of this process share, with the options that ZKMS_PEERS and its siblings give.
 *
 * ```js
 * test("a lock is free again when its holder's session ends", async (t) => {
 *   const zk = await useNamespace(t);
 *   const lock = await acquire(zk.connectString, "/lock");
 * });
 * ```
 */
export async function useNamespace(t: NodeTestContext): Promise<SharedNamespace> {
  checkContext("useNamespace", t);
  const { run, describe, leave } = await findPlace();
  let namespace: SharedNamespace | undefined;
  t.after(async () => {
    try {
      if (namespace !== undefined && hasFailed(t)) tell(t, await describe(titleOf(t), namespace));
    } finally {
      await Promise.resolve(namespace?.close()).finally(leave);
    }
  });
  namespace = await openNamespace(run, t.name);
  return namespace;
}

/** Before anything is started, for without a context nothing would end it. */
function checkContext(use: string, t: unknown): void {
  if (typeof t === "object" && t !== null && "after" in t) return;
  const example = `test("…", async (t) => { … await ${use}(t) … })`;
  throw badOption("t", t, "is no context of a test", example);
}

/** The ensemble that a namespace is on. */
interface Place {
  readonly run: SharedRun;
  readonly describe: (test: string, namespace: SharedNamespace) => Promise<string>;
  readonly leave: () => Promise<void>;
}

async function findPlace(): Promise<Place> {
  const run = announcedRun(process.env);
  if (run === undefined) return await ownPlace();
  return {
    run,
    describe: (test, namespace) => describeSharedFailure(run, test, namespace),
    leave: async () => {},
  };
}

let isHeld = false;

/** The ensemble is held until the last test of the file is over, too, so that it is not booted for each. */
async function ownPlace(): Promise<Place> {
  const options: EnsembleOptions = { name: "node-test", ...optionsFromEnvironment(process.env) };
  const start = (): Promise<Ensemble> => startEnsemble(options);
  const ensemble = await acquireShared(key, start);
  if (!isHeld) {
    isHeld = true;
    await acquireShared(key, start);
  }
  return {
    run: describeRun(ensemble, options),
    describe: (test, namespace) => describeFailure(ensemble, test, namespace),
    leave: () => releaseShared(key),
  };
}

after(async () => {
  if (isHeld) await releaseShared(key);
  isHeld = false;
});

/** Whether it passed is known only behind its hooks. */
const hasFailed = (t: NodeTestContext): boolean => t.error !== undefined && t.error !== null;

const titleOf = ({ filePath = process.argv[1], fullName, name }: NodeTestContext): string =>
  `${basename(filePath ?? "")} ${fullName ?? name}`;

function tell(t: NodeTestContext, text: string): void {
  for (const line of text.split("\n")) t.diagnostic(line);
}
