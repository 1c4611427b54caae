import { request } from "node:http";
import type { EnsembleStatus } from "../api.ts";
import type { Ms } from "../api-controls.ts";
import type { Witness } from "./failure.ts";
import type { SharedRun } from "./shared-run.ts";

/** A failed test waits no longer for what it prints. */
const answerMs: Ms = 5_000;

/** The shared ensemble as its control API shows it; undefined where it has none. */
export function witnessOf(run: SharedRun): Witness | undefined {
  const { controlUrl: url, controlToken: token, id = "shared", seed = "unknown" } = run;
  if (url === undefined || token === undefined) return undefined;
  return {
    id,
    seed,
    status: async () => statusOf(await ask(`${url}/v1/ensemble/status`, token, {})),
    events: {
      timeline: async (format) => String(await ask(`${url}/v1/events/timeline`, token, { format })),
    },
  };
}

/** Zxids are texts on the way. */
function statusOf(json: unknown): EnsembleStatus {
  const status = json as EnsembleStatus;
  return { ...status, peers: status.peers.map((peer) => ({ ...peer, zxid: BigInt(peer.zxid) })) };
}

/** By node:http, for a test may have put another fetch in place. */
function ask(url: string, token: string, body: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const asked = request(url, { method: "POST", headers, timeout: answerMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${url} answered ${response.statusCode} ${text}`));
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer from ${url}`)));
    asked.on("error", reject);
    asked.end(JSON.stringify(body));
  });
}
