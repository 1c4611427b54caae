import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Ensemble } from "../ensemble/api.ts";
import { codeOf } from "../ensemble/errors.ts";
import { badOption } from "../ensemble/given.ts";
import { boot } from "./boot.ts";
import { debugCli } from "./debug-cli.ts";
import type { EnsembleFlags } from "./ensemble-flags.ts";
import { ExitCode, ofSignal } from "./exit-codes.ts";
import { stopSignals } from "./stop-signals.ts";

export interface RunFlags extends EnsembleFlags {
  /** A file for what happened. */
  readonly timeline?: string;
}

/** Boots an ensemble, runs a command beside it, closes it; resolves to the command's exit code. */
export async function run(words: readonly string[], flags: RunFlags): Promise<number> {
  const format = flags.timeline === undefined ? undefined : formatOf(flags.timeline);
  let early: NodeJS.Signals = "SIGTERM";
  let pass = (name: NodeJS.Signals): void => {
    early = name;
  };
  const stop = stopSignals((name) => pass(name));
  const ensemble = await boot(flags, stop);
  if (ensemble === undefined) return ofSignal(early);
  try {
    return await command(words, ensemble, (send) => {
      pass = send;
    });
  } finally {
    try {
      if (flags.timeline !== undefined && format !== undefined) {
        await writeFile(flags.timeline, await ensemble.events.timeline(format));
      }
    } finally {
      await ensemble.close();
    }
  }
}

function command(
  [file = "", ...args]: readonly string[],
  ensemble: Ensemble,
  passing: (send: (name: NodeJS.Signals) => void) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...addresses(ensemble) };
    const child = spawn(file, args, { stdio: "inherit", env });
    debugCli?.(`runs ${file}, process ${child.pid}`); // its arguments may be secrets
    passing((name) => {
      // A terminal has sent its Ctrl-C to the child as well.
      if (name !== "SIGINT" || !process.stdin.isTTY) child.kill(name);
    });
    child.once("error", (error) => {
      const code = codeOf(error);
      if (code !== "ENOENT" && code !== "EACCES") return reject(error);
      console.error(`${file}: ${code === "ENOENT" ? "no such command" : "may not be executed"}`);
      resolve(code === "ENOENT" ? ExitCode.notFound : ExitCode.notExecutable);
    });
    child.once("close", (code, signal) => {
      debugCli?.(`${file} ended with ${code ?? signal}`);
      resolve(code ?? (signal === null ? ExitCode.failed : ofSignal(signal)));
    });
  });
}

/** What the command finds in its environment; of another ensemble, around this one, it finds nothing. */
const addresses = (ensemble: Ensemble): NodeJS.ProcessEnv => ({
  ZOOKEEPER_CONNECT: ensemble.connectString,
  ZKMS_CONTROL_URL: ensemble.controlUrl,
  ZKMS_CONTROL_TOKEN: ensemble.controlToken,
});

const formats = { ".html": "html", ".json": "json", ".txt": "text" } as const;

function formatOf(file: string): (typeof formats)[keyof typeof formats] {
  const ending = extname(file);
  for (const [known, format] of Object.entries(formats)) if (known === ending) return format;
  throw badOption("--timeline", file, "ends in none of .html, .json, .txt", "--timeline run.html");
}
