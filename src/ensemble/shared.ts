import type { Ensemble } from "./api.ts";
import { ZkmsError } from "./errors.ts";

interface Shared {
  readonly starting: Promise<Ensemble>;
  /** Once it has started. */
  ensemble: Ensemble | undefined;
  users: number;
}

/**
 * Ensembles that several callers use, by key: the first to ask starts one, the last to release closes it. They hang on
 * globalThis, because a runner may load its setup and its teardown from two copies of this package.
 */
const registryKey: unique symbol = Symbol.for("zookeeper-memory-server");

export async function acquireShared(
  key: string,
  start: () => Promise<Ensemble>,
): Promise<Ensemble> {
  const registry = sharedEnsembles();
  const shared = registry.get(key) ?? { starting: start(), ensemble: undefined, users: 0 };
  registry.set(key, shared);
  shared.users += 1;
  try {
    shared.ensemble = await shared.starting;
    return shared.ensemble;
  } catch (error) {
    if (registry.get(key) === shared) registry.delete(key);
    throw error;
  }
}

/** Does nothing for a key that nobody holds. */
export async function releaseShared(key: string): Promise<void> {
  const registry = sharedEnsembles();
  const shared = registry.get(key);
  if (shared === undefined) return;
  shared.users -= 1;
  if (shared.users > 0) return;
  registry.delete(key);
  await (await shared.starting).close();
}

/** Whether several may be using it. */
export const isShared = (ensemble: Ensemble): boolean =>
  [...sharedEnsembles().values()].some((shared) => shared.ensemble === ensemble);

/** Of a fault that would hit them all. */
export const sharedError = (): ZkmsError =>
  new ZkmsError("ZKMS_SHARED", "others use this ensemble, and faults would hit them too", {
    hint: "await using ensemble = await startEnsemble(3)",
  });

function sharedEnsembles(): Map<string, Shared> {
  const found: unknown = Reflect.get(globalThis, registryKey);
  if (isRegistry(found)) return found;
  const registry = new Map<string, Shared>();
  Reflect.set(globalThis, registryKey, registry);
  return registry;
}

const isRegistry = (value: unknown): value is Map<string, Shared> => value instanceof Map;
