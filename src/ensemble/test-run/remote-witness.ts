import { ControlConnection, originOf } from "../../control/connection.ts";
import { decodeAs } from "../../control/shape.ts";
import { ensembleStatus } from "../../control/values.ts";
import type { Ms } from "../api-controls.ts";
import type { Witness } from "./failure.ts";
import type { SharedRun } from "./shared-run.ts";

/** A failed test waits no longer for what it prints. */
const answerMs: Ms = 5_000;

/** The shared ensemble as its control API shows it; undefined where it has none. */
export function witnessOf(run: SharedRun): Witness | undefined {
  const { controlUrl, controlToken: token, id = "shared", seed = "unknown" } = run;
  const origin = originOf(controlUrl);
  if (origin === undefined || token === undefined) return undefined;
  const ask = async (path: string, body: object): Promise<unknown> => {
    const connection = new ControlConnection(origin, token);
    try {
      const asked = { method: "POST", path, body, silenceMs: answerMs } as const;
      const { json, error } = await connection.call(asked);
      if (error !== undefined) throw error;
      return json;
    } finally {
      connection.close();
    }
  };
  return {
    id,
    seed,
    status: async () => decodeAs(ensembleStatus, await ask("/v1/ensemble/status", {})),
    events: {
      timeline: async (format) => String(await ask("/v1/events/timeline", { format })),
    },
  };
}
