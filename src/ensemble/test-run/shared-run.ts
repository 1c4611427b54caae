import type { Ensemble, EnsembleOptions } from "../api.ts";
import { runVariable } from "../environment.ts";

/** What a run's setup tells the tests, which are in other processes, of the ensemble they share. Plain data. */
export interface SharedRun {
  readonly connectString: string;
  readonly id?: string;
  readonly seed?: string;
  /** Who may delete what a test left behind, whatever its ACLs. */
  readonly superUser?: { readonly id: string; readonly password: string };
  /** Its control API; what others would feel is refused there (ZKMS_SHARED). */
  readonly controlUrl?: string;
  readonly controlToken?: string;
  /** What it was started with. */
  readonly options?: EnsembleOptions;
}

const ordinarySuperUser = { id: "super", password: "super" };

/**
 * What a runner's setup starts the run's ensemble with: the tests are in other processes, so it has a control API, which on Apache's
 * engine has to be asked for.
 */
export function optionsOfRun(
  runner: string,
  options: EnsembleOptions,
  environment: NodeJS.ProcessEnv,
): EnsembleOptions {
  const engine = options.engine ?? environment["ZKMS_ENGINE"] ?? "embedded";
  return { name: runner, ...(engine === "embedded" && { control: true }), ...options };
}

export function describeRun(ensemble: Ensemble, options: EnsembleOptions): SharedRun {
  const { connectString, id, seed } = ensemble;
  const { superUser = ordinarySuperUser } = options;
  const { controlUrl, controlToken } = ensemble;
  return {
    connectString,
    id,
    seed,
    options,
    ...(superUser !== false && { superUser }),
    ...(controlUrl !== undefined && { controlUrl }),
    ...(controlToken !== undefined && { controlToken }),
  };
}

const variables = { connectString: "ZOOKEEPER_CONNECT", run: runVariable } as const;

/** Writes the run where processes that are started from here find it, next to ZOOKEEPER_CONNECT. */
export function announceRun(run: SharedRun, environment: NodeJS.ProcessEnv): void {
  environment[variables.connectString] = run.connectString;
  environment[variables.run] = JSON.stringify(run);
}

/** Takes the announcement back. */
export function forgetRun(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.values(variables)) delete environment[name];
}

/** The run that was announced; without an announcement, what ZOOKEEPER_CONNECT says, and ZKMS_CONTROL_URL where it is set. */
export function announcedRun(environment: NodeJS.ProcessEnv): SharedRun | undefined {
  const connectString = environment[variables.connectString];
  if (connectString === undefined || connectString === "") return undefined;
  const run: unknown = JSON.parse(environment[variables.run] ?? "null");
  if (isRun(run) && run.connectString === connectString) return run;
  const { ZKMS_CONTROL_URL: controlUrl, ZKMS_CONTROL_TOKEN: controlToken } = environment;
  return {
    connectString,
    superUser: ordinarySuperUser,
    ...(controlUrl !== undefined && { controlUrl }),
    ...(controlToken !== undefined && { controlToken }),
  };
}

const isRun = (value: unknown): value is SharedRun =>
  typeof value === "object" && value !== null && "connectString" in value;
