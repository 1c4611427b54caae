import type { Ensemble } from "../ensemble/api.ts";
import { asCalled } from "../ensemble/as-called.ts";

/**
 * Drives an ensemble that another process owns, started with `control: true`; the token's default is the environment's
 * ZKMS_CONTROL_TOKEN. Everything is as on the ensemble itself, but that `close()` ends this handle and its clients, and not the
 * ensemble. Throws ZKMS_CONTROL where nobody answers, or the token is refused.
 *
 * ```ts
 * await using ensemble = await connectEnsemble(inject("controlUrl"), { token: inject("controlToken") });
 * await ensemble.killLeader();
 * ```
 */
export async function connectEnsemble(
  controlUrl: string,
  options: { token?: string } = {},
): Promise<Ensemble> {
  const call = {
    controlUrl,
    options: asCalled(options),
    defaultToken: process.env["ZKMS_CONTROL_TOKEN"],
  };
  const { reach } = await import("./remote-ensemble.ts");
  return await reach(call);
}
