import type { EnsembleOptions } from "./api.ts";
import { badOption } from "./given.ts";

/**
 * The options that ZKMS_PEERS, ZKMS_OBSERVERS, ZKMS_CLIENT_PORT and ZKMS_TICK_TIME give, for whoever cannot pass options: a
 * runner's setup, the command line. ZKMS_SEED is read by `startEnsemble` itself.
 */
export function optionsFromEnvironment(environment: NodeJS.ProcessEnv): EnsembleOptions {
  const options: EnsembleOptions = {};
  for (const [name, option] of variables) {
    const text = environment[name];
    if (text === undefined || text === "") continue;
    if (!/^\d+$/.test(text)) throw badOption(name, text, "is not a whole number");
    options[option] = Number(text);
  }
  return options;
}

const variables = [
  ["ZKMS_PEERS", "peers"],
  ["ZKMS_OBSERVERS", "observers"],
  ["ZKMS_CLIENT_PORT", "clientPort"],
  ["ZKMS_TICK_TIME", "tickTime"],
] as const;
