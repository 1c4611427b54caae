import type { Ensemble, EnsembleOptions } from "../api.ts";

/** What a run's setup tells the tests, which are in other processes, of the ensemble they share. Plain data. */
export interface SharedRun {
  readonly connectString: string;
  readonly id?: string;
  readonly seed?: string;
  /** Who may delete what a test left behind, whatever its ACLs. */
  readonly superUser?: { readonly id: string; readonly password: string };
}

const ordinarySuperUser = { id: "super", password: "super" };

export function describeRun(ensemble: Ensemble, options: EnsembleOptions): SharedRun {
  const { connectString, id, seed } = ensemble;
  const { superUser = ordinarySuperUser } = options;
  return { connectString, id, seed, ...(superUser !== false && { superUser }) };
}

const variable = "ZKMS_RUN";

/** Writes the run where processes that are started from here find it, next to ZOOKEEPER_CONNECT. */
export function announceRun(run: SharedRun, environment: NodeJS.ProcessEnv): void {
  environment["ZOOKEEPER_CONNECT"] = run.connectString;
  environment[variable] = JSON.stringify(run);
}

/** The run that was announced; where only ZOOKEEPER_CONNECT is set, as by the command line, what that says. */
export function announcedRun(environment: NodeJS.ProcessEnv): SharedRun | undefined {
  const connectString = environment["ZOOKEEPER_CONNECT"];
  if (connectString === undefined || connectString === "") return undefined;
  const run: unknown = JSON.parse(environment[variable] ?? "null");
  if (isRun(run) && run.connectString === connectString) return run;
  return { connectString, superUser: ordinarySuperUser };
}

const isRun = (value: unknown): value is SharedRun =>
  typeof value === "object" && value !== null && "connectString" in value;
