import type { ServerResponse } from "node:http";
import type { Ensemble } from "../ensemble/api.ts";
import { streamHeaders } from "./event-stream.ts";
import { encodeError } from "./wire-error.ts";

/**
 * `waitFor` of a caller elsewhere, whose check is a function there: an event "news" whenever a check here would be made again, and
 * "failed" with the error when the time is over. The caller hangs up when its check has passed.
 */
export async function serveNews(
  response: ServerResponse,
  ensemble: Ensemble,
  {
    what,
    options,
  }: { readonly what: string; readonly options: Parameters<Ensemble["waitFor"]>[2] },
): Promise<void> {
  response.writeHead(200, streamHeaders);
  const tell = (): boolean => {
    // Who has not read the last one will check after it anyway.
    if (response.writableLength === 0) response.write("event: news\ndata:\n\n");
    return false;
  };
  try {
    await ensemble.waitFor(what, tell, options);
  } catch (error) {
    response.end(`event: failed\ndata: ${JSON.stringify(encodeError(error))}\n\n`);
  }
}
