// Questions to an AdminServer.
import { request } from "node:http";
import type { Seat } from "./settings.ts";

export interface Response {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** Any method and any path, as they stand. */
export function http(seat: Seat, path: string, method = "GET"): Promise<Response> {
  return new Promise((resolve, reject) => {
    const options = { host: seat.host, port: seat.admin, path, method, agent: false };
    const sent = request(options, (response) => {
      const chunks: Uint8Array[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject).on("end", () => {
        const { statusCode: status, headers } = response;
        resolve({ status, type: headers["content-type"], body: Buffer.concat(chunks).toString() });
      });
    });
    sent.on("error", reject).end();
  });
}
