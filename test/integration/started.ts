// One body of tests, two ways to hold an ensemble: the one that was started, or a handle on it from elsewhere.
import {
  connectEnsemble,
  type Ensemble,
  type EnsembleOptions,
  startEnsemble as startHere,
} from "../../src/index.ts";

let isElsewhere = false;

/** The tests of the files that are imported from now on drive their ensembles over HTTP. */
export function startElsewhere(): void {
  isElsewhere = true;
}

export async function startEnsemble(
  peers: number | EnsembleOptions,
  options: EnsembleOptions = {},
): Promise<Ensemble> {
  const given = typeof peers === "number" ? { ...options, peers } : peers;
  return isElsewhere ? await startAndConnect(given) : await startHere(given);
}

/** As `startEnsemble`, and a handle from elsewhere is what is given back; closing it closes both. */
export async function startAndConnect(options: EnsembleOptions): Promise<Ensemble> {
  const owner = await startHere({ ...options, control: true });
  const token = owner.controlToken ?? "";
  const remote = await connectEnsemble(owner.controlUrl ?? "", { token });
  const close = async (): Promise<void> => {
    await remote.close();
    await owner.close();
  };
  return Object.create(remote, {
    close: { value: close },
    [Symbol.asyncDispose]: { value: close },
  });
}
