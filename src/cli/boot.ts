import type { Ensemble } from "../ensemble/api.ts";
import { optionsFromEnvironment } from "../ensemble/environment.ts";
import { startEnsemble } from "../ensemble/start.ts";
import { type EnsembleFlags, ensembleOptions } from "./ensemble-flags.ts";

/** Boots what the environment and, above it, the flags ask for; undefined: told to stop before it was up. */
export async function boot(flags: EnsembleFlags, stop: AbortSignal): Promise<Ensemble | undefined> {
  try {
    return await startEnsemble({
      name: "cli",
      ...optionsFromEnvironment(process.env),
      ...ensembleOptions(flags),
      keepAlive: true,
      signal: stop,
    });
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  }
}
