import type { Connection } from "./connection.ts";
import type { PeerEvent } from "./effects.ts";
import type { Submission } from "./role.ts";

/** Whatever a client asked for, whether it decodes or not. */
export type Asked = PeerEvent & { readonly type: "request" | "malformed" };

/** The header that it came with. */
export const headerOf = (event: Asked): { readonly xid: number; readonly type: number } =>
  event.type === "request" ? event.request : { xid: event.xid, type: event.op };

export const noBody: Uint8Array = new Uint8Array(0);

/** A connection's write, with the identities of this moment. */
export function submission(
  connection: Connection,
  request: Submission["request"],
  raw: Uint8Array | undefined,
): Submission {
  return {
    session: connection.session,
    request,
    raw: raw ?? noBody,
    ids: connection.ids,
  };
}
