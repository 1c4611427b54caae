import type { Ensemble } from "../ensemble/api.ts";
import { optionsFromEnvironment } from "../ensemble/environment.ts";
import { startEnsemble } from "../ensemble/start.ts";
import { debugCli } from "./debug-cli.ts";
import { type EnsembleFlags, ensembleOptions } from "./ensemble-flags.ts";

const secret = /token|password|digest|login/i;
const hidden = (name: string, value: unknown): unknown => (secret.test(name) ? "…" : value);

/** Boots what the environment and, above it, the flags ask for; undefined: told to stop before it was up. */
export async function boot(flags: EnsembleFlags, stop: AbortSignal): Promise<Ensemble | undefined> {
  const options = { ...optionsFromEnvironment(process.env), ...ensembleOptions(flags) };
  debugCli?.(`boots ${JSON.stringify(options, hidden)}`);
  try {
    return await startEnsemble({
      name: "cli",
      ...options,
      keepAlive: true,
      signal: stop,
    });
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  }
}
