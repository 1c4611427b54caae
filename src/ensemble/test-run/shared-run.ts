import type { Ensemble, EnsembleOptions } from "../api.ts";

/** What a run's setup tells the tests, which are in other processes, of the ensemble they share. Plain data. */
export interface SharedRun {
  readonly connectString: string;
  readonly id?: string;
  readonly seed?: string;
  /** Who may delete what a test left behind, whatever its ACLs. */
  readonly superUser?: { readonly id: string; readonly password: string };
}

export function describeRun(ensemble: Ensemble, options: EnsembleOptions): SharedRun {
  const { connectString, id, seed } = ensemble;
  const { superUser = { id: "super", password: "super" } } = options;
  return { connectString, id, seed, ...(superUser !== false && { superUser }) };
}
