import { CommanderError } from "commander";
import { codeOf } from "../ensemble/errors.ts";

/** Ours and those of the command line say what was wrong; of anything else the stack is wanted too. */
export function explain(error: unknown): string {
  if (error instanceof CommanderError) {
    const text = error.message.replace(/^error: /, "");
    const [, what = text, nearest = "--help"] =
      /^(.*)\n\(Did you mean (?:one of )?(.*)\?\)$/s.exec(text) ?? [];
    return `${what}\n  try     ${nearest}`;
  }
  if (codeOf(error)?.startsWith("ZKMS_")) return String(error);
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
