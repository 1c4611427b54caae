import { clearTimeout, setTimeout } from "../../runtime/machine-time.ts";
import type { Ensemble } from "../api.ts";
import type { Fault, Ms, PeerId } from "../api-controls.ts";
import type { NemesisRunOptions, NemesisStep } from "../api-nemesis.ts";

/** Lets the ensemble's time pass; may resolve early when the signal is aborted. */
export type Pass = (ms: Ms, signal: AbortSignal | undefined) => Promise<void>;

/** Where it passes by itself. */
export const sleep: Pass = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
  });

/** Takes step after step; what still lasts at the end, or where a step fails, is ended. */
export async function runSteps(
  ensemble: Ensemble,
  steps: readonly NemesisStep[],
  { pass, onStep, signal }: NemesisRunOptions & { readonly pass: Pass },
): Promise<void> {
  const faults = new Map<number, Fault>();
  // A start resolves when the peer serves, which it may not before another step; of several the last one counts.
  const starts = new Map<PeerId, Promise<unknown>>();
  const startedAt = await ensemble.clock.now();
  try {
    for (const step of steps) {
      const wait = startedAt + step.at - (await ensemble.clock.now());
      if (wait > 0) await pass(wait, signal);
      signal?.throwIfAborted();
      if (step.do === "start") {
        const starting = ensemble.peer(step.peer).start();
        starting.catch(() => {}); // awaited below, unless it is in vain because of a later step
        starts.set(step.peer, starting);
      } else if (step.do === "undo") {
        await faults.get(step.step)?.undo();
        faults.delete(step.step);
      } else {
        if ("peer" in step) starts.delete(step.peer);
        const fault = await strike(ensemble, step);
        if (fault !== undefined) faults.set(step.no, fault);
      }
      await onStep?.(step);
    }
    await Promise.all(starts.values());
  } finally {
    for (const fault of faults.values()) await fault.undo();
  }
}

type Blow = Exclude<NemesisStep, { readonly do: "start" | "undo" }>;

async function strike(ensemble: Ensemble, step: Blow): Promise<Fault | undefined> {
  const { network } = ensemble;
  switch (step.do) {
    case "partition":
      return await ensemble.partition(...step.sides);
    case "isolate":
      return await ensemble.isolate(step.peer, { direction: step.direction });
    case "slow":
      return await network.shape(
        { from: step.peer },
        { latency: { mean: step.ms, jitter: step.ms } },
      );
    case "skew":
      return await ensemble.clock.skew(step.peer, step.ms);
    case "slowDisk":
      return await ensemble.storage.slow(step.peer, "append", step.ms);
    case "reset":
      await network.reset({ from: step.peer });
      return undefined;
    case "disconnect":
      await ensemble.peer(step.peer).dropConnections({ clients: true });
      return undefined;
    default:
      await ensemble.peer(step.peer)[step.do]();
      return undefined;
  }
}
