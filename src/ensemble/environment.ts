import type { EnsembleOptions } from "./api.ts";
import { badOption } from "./given.ts";
import { nearestName } from "./nearest-name.ts";

/**
 * The options that ZKMS_PEERS, ZKMS_OBSERVERS, ZKMS_CLIENT_PORT, ZKMS_TICK_TIME and ZKMS_CONTROL give, for whoever cannot pass
 * options: a runner's setup, the command line. ZKMS_CONTROL is true or false, ZKMS_CONTROL_PORT turns it on too; ZKMS_CONTROL_TOKEN
 * does not, for it may be meant for `connectEnsemble`. ZKMS_SEED is read by `startEnsemble` itself. A name that is all but one of ours
 * is an error.
 */
export function optionsFromEnvironment(environment: NodeJS.ProcessEnv): EnsembleOptions {
  checkVariables(environment);
  const options: EnsembleOptions = {};
  for (const [name, option] of variables) {
    const text = environment[name];
    if (text === undefined || text === "") continue;
    if (!/^\d+$/.test(text)) throw badOption(name, text, "is not a whole number");
    options[option] = Number(text);
  }
  const control = controlFrom(environment);
  if (control !== undefined) options.control = control;
  return options;
}

/** Throws ZKMS_BAD_OPTIONS for a name that is all but one of ours. */
export function checkVariables(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment)) {
    const meant = variableMeant(name);
    if (meant === undefined) continue;
    throw badOption(name, "…", "is of a variable nobody reads", meant); // it may be a secret
  }
}

function controlFrom(environment: NodeJS.ProcessEnv): EnsembleOptions["control"] {
  const [wanted = "", port = "", token = ""] = ["", "_PORT", "_TOKEN"].map(
    (end) => environment[`ZKMS_CONTROL${end}`],
  );
  if (!["", "true", "false"].includes(wanted)) {
    throw badOption("ZKMS_CONTROL", wanted, "is neither true nor false", "ZKMS_CONTROL_PORT");
  }
  if (!/^\d*$/.test(port)) throw badOption("ZKMS_CONTROL_PORT", port, "is not a whole number");
  if (wanted === "false") return false;
  if (wanted === "" && port === "") return undefined;
  return { ...(port !== "" && { port: Number(port) }), ...(token !== "" && { token }) };
}

const variables = [
  ["ZKMS_PEERS", "peers"],
  ["ZKMS_OBSERVERS", "observers"],
  ["ZKMS_CLIENT_PORT", "clientPort"],
  ["ZKMS_TICK_TIME", "tickTime"],
] as const;

/** Read where they are needed. */
const others = [
  "ZKMS_SEED",
  "ZKMS_ENGINE",
  "ZKMS_APACHE_CLASSPATH",
  "ZKMS_JAVA",
  "ZKMS_JAVA_HOME",
  "ZKMS_CONTROL",
  "ZKMS_CONTROL_PORT",
  "ZKMS_CONTROL_URL",
  "ZKMS_CONTROL_TOKEN",
];

/** Told by a runner's setup to its tests; nobody writes it by hand, so nobody means it by another name. */
export const runVariable = "ZKMS_RUN";

/** The variable that somebody most likely meant by a name of ours that is none; undefined for every other name. */
function variableMeant(name: string): string | undefined {
  if (!name.startsWith("ZKMS_")) return undefined;
  const known = [...variables.map(([variable]) => variable), ...others];
  if (known.includes(name) || name === runVariable) return undefined;
  const nearest = nearestName(
    name.slice("ZKMS_".length),
    known.map((variable) => variable.slice("ZKMS_".length)),
  );
  return nearest === undefined ? undefined : `ZKMS_${nearest}`;
}
