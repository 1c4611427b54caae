import { optionsFromEnvironment } from "../ensemble/environment.ts";
import { badOption } from "../ensemble/given.ts";
import { nearestValue } from "../ensemble/nearest-name.ts";
import type { EnsembleOptions } from "../index.ts";

/** Whose chroot `__ZOOKEEPER__` has. */
export type NamespaceScope = "file" | "test" | "none";

/** What a project or a test file asks for. */
export interface JestOptions {
  /** Of the ensemble; names and values are checked where it is started. */
  readonly ensemble: EnsembleOptions;
  readonly namespace: NamespaceScope;
}

const scopes: readonly NamespaceScope[] = ["file", "test", "none"];

/**
 * Reads `zkmsPeers`, `zkmsNamespace` and the like from `testEnvironmentOptions`, and over them a file's docblock pragmas,
 * `@zkms-peers 5`. The environment's variables, ZKMS_PEERS and its siblings, go before `testEnvironmentOptions` and not before
 * pragmas, because a test file that says how many peers it has counts on them.
 */
export function readJestOptions(
  testEnvironmentOptions: Readonly<Record<string, unknown>>,
  pragmas: Readonly<Record<string, string | readonly string[]>> = {},
): JestOptions {
  const given: Flat = {
    ...flatOptions(testEnvironmentOptions),
    ...optionsFromEnvironment(process.env),
    ...pragmaOptions(pragmas),
  };
  const { namespace = "file", ...ensemble } = given;
  const scope = scopes.find((candidate) => candidate === namespace);
  if (scope !== undefined) return { ensemble, namespace: scope };
  throw badOption(
    "zkmsNamespace",
    namespace,
    'is none of "file", "test", "none"',
    nearestValue(namespace, scopes),
  );
}

type Flat = Record<string, unknown>;

const flatOptions = (options: Readonly<Record<string, unknown>>): Flat =>
  Object.fromEntries(
    Object.entries(options).flatMap(([key, value]) => {
      const name = /^zkms([A-Z]\w*)$/.exec(key)?.[1];
      return name === undefined ? [] : [[`${name[0]?.toLowerCase()}${name.slice(1)}`, value]];
    }),
  );

const pragmaOptions = (pragmas: Readonly<Record<string, string | readonly string[]>>): Flat =>
  Object.fromEntries(
    Object.entries(pragmas).flatMap(([pragma, given]) => {
      const name = /^zkms-([a-z][\w-]*)$/.exec(pragma)?.[1];
      if (name === undefined) return [];
      const text = typeof given === "string" ? given : (given.at(-1) ?? "");
      return [
        [name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()), meaningOf(text)],
      ];
    }),
  );

/** Numbers and truths as such; a pragma without a value says yes. */
function meaningOf(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") return true;
  if (/^(\d+|true|false|[[{].*)$/.test(trimmed)) return JSON.parse(trimmed);
  return trimmed;
}
