import { fstatSync } from "node:fs";
import { debugCli } from "./debug-cli.ts";

const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Aborted by the first SIGINT, SIGTERM or SIGHUP. Later ones change nothing, because npm passes on what the terminal has sent
 * already; what follows the first is bounded by the ensemble's own timeouts.
 */
export function stopSignals(heard: (name: NodeJS.Signals) => void = () => {}): AbortSignal {
  const controller = new AbortController();
  for (const name of names) {
    process.on(name, () => {
      debugCli?.(`hears ${name}`);
      heard(name);
      controller.abort(new Error(`stopped by ${name}`));
    });
  }
  return controller.signal;
}

const lookMs = 500;

/**
 * Aborted when the process that started this one has ended, or has closed the pipe that is standard input here: behind npx, which
 * lives on, the pipe is all that tells. Nothing tells of a parent's end otherwise, so this one does look again and again.
 */
export function parentGone(): AbortSignal {
  const controller = new AbortController();
  const gone = (): void => {
    clearInterval(looking);
    controller.abort(new Error("the parent process has ended"));
  };
  const parent = process.ppid;
  const looking = setInterval(() => {
    if (process.ppid !== parent || !isAlive(parent)) gone();
  }, lookMs);
  looking.unref();
  if (isPipe(0)) process.stdin.resume().unref().once("close", gone); // it may stay open behind a signal
  return controller.signal;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"; // somebody else's, and there
  }
}

function isPipe(descriptor: number): boolean {
  const kind = fstatSync(descriptor);
  return kind.isFIFO() || kind.isSocket();
}

export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
