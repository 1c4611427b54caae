import { ProtocolError } from "../../src/core/base/assert.ts";
import { Reader } from "../../src/core/jute/reader.ts";
import { isRequestType, type Request, readRequest } from "../../src/core/protocol/requests.ts";
import { type Ask, bodyOf } from "../conformance/requests.ts";

/** The request as a server reads it; undefined: it cannot. */
export function decoded(ask: Ask): Request | undefined {
  if (!isRequestType(ask.type)) return undefined;
  try {
    const body = bodyOf(ask, { base: 0, path: (path) => path });
    return readRequest(new Reader(body), ask.xid ?? 0, ask.type);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
