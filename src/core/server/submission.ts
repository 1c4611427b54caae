import type { Connection } from "./connection.ts";
import type { Submission } from "./role.ts";

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
