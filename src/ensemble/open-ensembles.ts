import type { ControlServer } from "../control/server.ts";

/** What an ensemble has from its start. */
export interface Origin {
  /** The line that opened it. */
  readonly openedAt: string;
  readonly control: ControlServer | undefined;
}

/** Where the open ensembles of this process are kept: one list for the ESM and the CJS build (ruling 3). */
const key = Symbol.for("zookeeper-memory-server.open");

interface OpenEnsemble {
  readonly id: string;
  /** The line that opened it. */
  readonly openedAt: string;
}

/**
 * Names on standard error, once, the ensembles that are still open when the process has run out of work: an idle one does not
 * hold the process, so a forgotten close would show nowhere else. Call the function returned at close.
 */
export function noteOpen(ensemble: OpenEnsemble): () => void {
  const open = registry();
  open.add(ensemble);
  return () => {
    open.delete(ensemble);
  };
}

function registry(): Set<OpenEnsemble> {
  const existing: unknown = Reflect.get(globalThis, key);
  if (existing instanceof Set) return existing;
  const open = new Set<OpenEnsemble>();
  Reflect.set(globalThis, key, open);
  process.once("beforeExit", () => tell(open));
  return open;
}

function tell(open: ReadonlySet<OpenEnsemble>): void {
  for (const { id, openedAt } of open) {
    process.stderr.write(
      `zookeeper-memory-server: ${id} was never closed; it was opened ${openedAt}\n` +
        "  try     await ensemble.close() in a finally, or keepAlive: true where the process is to stay\n",
    );
  }
}

/** The first line of the stack above `opener`, as in "at file.ts:12:34". */
export function callerOf(opener: (...args: never[]) => unknown): string {
  const trace: { stack?: string } = {};
  Error.captureStackTrace(trace, opener);
  const line = trace.stack?.split("\n")[1]?.trim();
  return line ?? "at an unknown place";
}
