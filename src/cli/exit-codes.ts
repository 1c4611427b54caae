import { constants } from "node:os";
import { CommanderError } from "commander";
import { codeOf } from "../ensemble/errors.ts";

/** As shells have them; `run` ends with its command's own, and 128 + n for a signal. Each has its section in docs/errors.md. */
export const ExitCode = {
  done: 0,
  failed: 1,
  wrongUsage: 2,
  notExecutable: 126,
  notFound: 127,
} as const;

export const ofSignal = (name: NodeJS.Signals): number => 128 + constants.signals[name];

export function ofError(error: unknown): number {
  const usage = error instanceof CommanderError || codeOf(error) === "ZKMS_BAD_OPTIONS";
  return usage ? ExitCode.wrongUsage : ExitCode.failed;
}
