import { basename } from "node:path";
import { TestEnvironment } from "jest-environment-node";
import { ZkmsError } from "../ensemble/errors.ts";
import { describeFailure, describeSharedFailure } from "../ensemble/test-run/failure.ts";
import { openNamespace, type SharedNamespace } from "../ensemble/test-run/shared-namespace.ts";
import { announcedRun, describeRun, type SharedRun } from "../ensemble/test-run/shared-run.ts";
import { type Ensemble, type EnsembleOptions, startEnsemble } from "../index.ts";
import { type JestOptions, readJestOptions } from "./options.ts";

declare global {
  /** In every test file under `zookeeper-memory-server/jest-environment`: the connect string, with the namespace's chroot. */
  var __ZOOKEEPER__: string;
  /** The namespace that `__ZOOKEEPER__` leads to; undefined with `zkmsNamespace: "none"`. */
  var __ZOOKEEPER_NAMESPACE__: SharedNamespace | undefined;
  /** The ensemble of a file that asked for one of its own, as by the pragma `@zkms-peers 5`; undefined where it is shared. */
  var __ZOOKEEPER_ENSEMBLE__: Ensemble | undefined;
}

type Config = ConstructorParameters<typeof TestEnvironment>[0];
type Context = ConstructorParameters<typeof TestEnvironment>[1];

/** Of what jest-circus tells an environment. */
interface CircusEvent {
  readonly name: string;
  readonly test?: CircusTest;
}
interface CircusTest extends CircusBlock {
  readonly errors: readonly unknown[];
  readonly failing?: boolean;
}
interface CircusBlock {
  readonly name: string;
  readonly parent?: CircusBlock | undefined;
}

/**
 * Jest's Node environment with a namespace on the run's shared ensemble as the global `__ZOOKEEPER__`: one for each file, or with
 * `zkmsNamespace: "test"` for each test. A file that asks for other options than the run's, as by the pragma `@zkms-peers 5`, has
 * an ensemble of its own, and its controls as `__ZOOKEEPER_ENSEMBLE__`. A test that fails tells of it.
 */
export default class ZooKeeperEnvironment extends TestEnvironment {
  readonly #console: Console;
  readonly #file: string;
  readonly #options: JestOptions;
  #run: SharedRun | undefined;
  #own: Ensemble | undefined;
  #namespace: SharedNamespace | undefined;

  constructor(config: Config, context: Context) {
    super(config, context);
    const { testEnvironmentOptions } = config.projectConfig;
    this.#console = context.console;
    this.#file = basename(context.testPath);
    this.#options = readJestOptions(testEnvironmentOptions, context.docblockPragmas);
  }

  override async setup(): Promise<void> {
    await super.setup();
    this.#run = await this.#runOfFile();
    this.global.__ZOOKEEPER_ENSEMBLE__ = this.#own;
    this.#show(this.#run.connectString);
    if (this.#options.namespace === "file") await this.#enter(this.#file);
    // What `await using` looks for; Jest 30 gives it to its sandbox, Jest 29 does not.
    for (const name of ["dispose", "asyncDispose"] as const) {
      const { Symbol: sandboxed } = this.global;
      if (!(name in sandboxed)) Object.defineProperty(sandboxed, name, { value: Symbol[name] });
    }
  }

  override async teardown(): Promise<void> {
    try {
      if (this.#own === undefined) await this.#leave();
      await this.#own?.close();
    } finally {
      await super.teardown();
    }
  }

  /** Called by jest-circus. */
  async handleTestEvent({ name, test }: CircusEvent): Promise<void> {
    if (test === undefined) return;
    const { namespace } = this.#options;
    if (name === "test_start" && namespace === "test") await this.#enter(test.name);
    if (!ends.includes(name)) return;
    try {
      if (test.errors.length > 0 && test.failing !== true) await this.#tell(test);
    } finally {
      if (namespace === "test") await this.#leave();
    }
  }

  /** The one that the global setup booted, unless this file's options are others. */
  async #runOfFile(): Promise<SharedRun> {
    const shared = announcedRun(process.env);
    const { ensemble: options } = this.#options;
    if (shared !== undefined && textOf(shared.options ?? {}) === textOf(options)) return shared;
    if (shared === undefined && Object.keys(options).length === 0) throw nothingShared();
    this.#own = await startEnsemble({ name: "jest", ...options });
    return describeRun(this.#own, options);
  }

  async #enter(title: string): Promise<void> {
    if (this.#run === undefined) return;
    this.#namespace = await openNamespace(this.#run, title);
    this.global.__ZOOKEEPER_NAMESPACE__ = this.#namespace;
    this.#show(this.#namespace.connectString);
  }

  async #leave(): Promise<void> {
    await this.#namespace?.close();
    this.#namespace = undefined;
  }

  #show(connectString: string): void {
    this.global.__ZOOKEEPER__ = connectString;
    this.global.process.env["ZOOKEEPER_CONNECT"] = connectString; // a copy, which only this file has
  }

  async #tell(test: CircusTest): Promise<void> {
    const title = [this.#file, ...titlesOf(test)].join(" ");
    if (this.#own !== undefined) {
      this.#console.error(await describeFailure(this.#own, title, this.#namespace));
    } else if (this.#run !== undefined) {
      this.#console.error(await describeSharedFailure(this.#run, title, this.#namespace));
    }
  }
}

/** One of these follows on every "test_start". */
const ends: readonly string[] = ["test_done", "test_skip", "test_todo"];

const textOf = (options: EnsembleOptions): string =>
  JSON.stringify(Object.entries(options).sort(([left], [right]) => (left < right ? -1 : 1)));

/** Of the blocks around it, without Jest's own, and of the test. */
function titlesOf({ name, parent }: CircusBlock): string[] {
  if (parent === undefined) return [];
  return [...titlesOf(parent), name];
}

function nothingShared(): ZkmsError {
  return new ZkmsError("ZKMS_BAD_STATE", "no shared ensemble is up for this run of Jest", {
    why: "process.env.ZOOKEEPER_CONNECT is not set",
    hint: 'preset: "zookeeper-memory-server" in the Jest configuration, or globalSetup: "zookeeper-memory-server/jest-global-setup"',
  });
}
