// One run, as `--json` writes it and `--compare` reads it.
import { readFileSync } from "node:fs";
import type { Row } from "../row.ts";
import type { Circumstances } from "./circumstances.ts";

export interface Result {
  readonly machine: Circumstances;
  readonly quick: boolean;
  readonly command: string;
  readonly rows: readonly Row[];
  /** What each case's figures are of, by the case's name. */
  readonly about: Readonly<Record<string, string>>;
}

export function readResult(path: string): Result {
  const result = JSON.parse(readFileSync(path, "utf8"));
  if (!Array.isArray(result.rows)) throw new Error(`${path} is no result of npm run bench`);
  return result;
}

/** What a shell has to be given for a run with these arguments. */
export const commandOf = (words: readonly string[]): string =>
  ["npm run bench", ...(words.length > 0 ? ["--"] : []), ...words.map(quoted)].join(" ");

const quoted = (word: string): string =>
  /^[\w.,:=/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
