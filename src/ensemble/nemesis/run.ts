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

/** Takes step after step; what still lasts at the end, or where a step fails, is ended, and who is down or paused comes back. */
export async function runSteps(
  ensemble: Ensemble,
  steps: readonly NemesisStep[],
  { pass, onStep, signal }: NemesisRunOptions & { readonly pass: Pass },
): Promise<void> {
  const faults = new Map<number, Fault>();
  // A start resolves when the peer serves, which it may not before another step; of several the last one counts.
  const starts = new Map<PeerId, Promise<unknown>>();
  const returns = new Map<PeerId, "start" | "resume">();
  const startedAt = await ensemble.clock.now();
  try {
    for (const step of steps) {
      signal?.throwIfAborted();
      const wait = startedAt + step.at - (await ensemble.clock.now());
      if (wait > 0) await pass(wait, signal);
      signal?.throwIfAborted();
      if (step.do === "start") {
        const starting = ensemble.peer(step.peer).start();
        starting.catch(() => {}); // awaited below, unless it is in vain because of a later step
        starts.set(step.peer, starting);
        returns.delete(step.peer);
      } else if (step.do === "undo") {
        await faults.get(step.step)?.undo();
        faults.delete(step.step);
      } else {
        if ("peer" in step) starts.delete(step.peer);
        noteReturn(returns, step);
        const fault = await strike(ensemble, step);
        if (fault !== undefined) faults.set(step.no, fault);
      }
      await onStep?.(step);
    }
    await Promise.all(starts.values());
  } finally {
    await allDone([...faults.values()].map((fault) => fault.undo()));
    await allDone([...returns].map(([id, back]) => ensemble.peer(id)[back]()));
  }
}

/** What brings the step's peer back; undoing a step by another one leaves nothing to be done. */
function noteReturn(returns: Map<PeerId, "start" | "resume">, step: Blow): void {
  if (step.do === "kill" || step.do === "stop") returns.set(step.peer, "start");
  else if (step.do === "pause") returns.set(step.peer, "resume");
  else if (step.do === "resume") returns.delete(step.peer);
}

/** Waits for all, also where one fails; then the first failure is thrown. */
async function allDone(tasks: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(tasks)) {
    if (outcome.status === "rejected") throw outcome.reason;
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
