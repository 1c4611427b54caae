import { codeOf } from "../ensemble/errors.ts";

/** Ours and those of the arguments say what was wrong; of anything else the stack is wanted too. */
export function explain(error: unknown): string {
  const code = codeOf(error);
  if (code?.startsWith("ERR_PARSE_ARGS") && error instanceof Error) {
    // What follows the first sentence is about arguments that start with a dash.
    return `${error.message.split(". ")[0]}\n  try     --help`;
  }
  if (code?.startsWith("ZKMS_")) return String(error);
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
