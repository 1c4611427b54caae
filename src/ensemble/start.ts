import type { Ensemble, EnsembleOptions } from "./api.ts";
import { asCalled } from "./as-called.ts";
import { callerOf } from "./open-ensembles.ts";

/**
 * Boots an ensemble of ZooKeeper peers in this process. Resolves when a quorum has committed a write and every started peer
 * has applied it; where too few peers are started for a quorum, when those that are started look for a leader. The options, the
 * variables `ZKMS_*` and where Java is are read at the call.
 *
 * ```ts
 * await using ensemble = await startEnsemble(3);
 * const client = new YourClient(ensemble.connectString);
 * await ensemble.killLeader();
 * ```
 */
export function startEnsemble(peers?: number, options?: EnsembleOptions): Promise<Ensemble>;
export function startEnsemble(options: EnsembleOptions): Promise<Ensemble>;
export async function startEnsemble(
  peers?: number | EnsembleOptions,
  options?: EnsembleOptions,
): Promise<Ensemble> {
  const call = {
    peers: asCalled(peers),
    options: asCalled(options),
    environment: { ...process.env },
    openedAt: callerOf(startEnsemble),
  };
  const { open } = await import("./boot.ts"); // not with this file: who only reaches another process's ensemble does without
  return await open(call);
}
