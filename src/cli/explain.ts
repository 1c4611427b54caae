import { CommanderError } from "commander";
import { codeOf } from "../ensemble/errors.ts";

/** Flags for those who go by the names of the options. */
const flags: Readonly<Record<string, string>> = {
  "--client-port": "--port",
  "--peer-links": "--links",
  "--storage": "--dir",
};

/** Ours and those of the command line say what was wrong; of anything else the stack is wanted too. */
export function explain(error: unknown): string {
  if (error instanceof CommanderError) {
    const text = error.message.replace(/^error: /, "");
    const [, what = text, nearest = "--help"] =
      /^(.*)\n\(Did you mean (?:one of )?(.*)\?\)$/s.exec(text) ?? [];
    const [, unknown = ""] = /^unknown option '(.*)'$/.exec(what) ?? [];
    return `${what}\n  try     ${flags[unknown] ?? nearest}`;
  }
  if (codeOf(error)?.startsWith("ZKMS_")) return String(error);
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
