import type { IncomingMessage } from "node:http";
import { reasonsOf } from "../core/base/reasons.ts";
import { badOption } from "../ensemble/given.ts";
import { Refusal } from "./guard.ts";

/**
 * A request's JSON; none is `{}`. What is too long is read to its end and dropped, for a caller who still writes would not read the
 * answer; the server's own time limit ends that.
 */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<object> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= bytesMax) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (length > bytesMax) {
    throw new Refusal(413, `the body has ${length} bytes, and ${bytesMax} may be`);
  }
  if (length === 0) return {};
  const text = Buffer.concat(chunks).toString("utf8");
  const json = parsed(text);
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json;
  throw badOption("body", json, "is no object of arguments", '{"target":"leader"}');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = reasonsOf(error);
    throw new Refusal(400, `the body is no JSON: ${why}`);
  }
}
