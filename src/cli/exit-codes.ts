import { constants } from "node:os";
import { CommanderError } from "commander";
import { codeOf } from "../ensemble/errors.ts";

/** As shells have them: 1 it failed, 2 the command line is wrong; `run` ends with its command's own. */
export const failed = 1;
const wrongUsage = 2;
export const notExecutable = 126;
export const notFound = 127;

export const ofSignal = (name: NodeJS.Signals): number => 128 + constants.signals[name];

export function ofError(error: unknown): number {
  const usage = error instanceof CommanderError || codeOf(error) === "ZKMS_BAD_OPTIONS";
  return usage ? wrongUsage : failed;
}
