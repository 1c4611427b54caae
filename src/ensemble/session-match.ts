// The ways to name a session, and what is said of one that is not there: the same on every engine.
import { type SessionId, sessionIdOf } from "../core/base/ids.ts";
import type { SessionInfo, SessionMatch } from "./api-controls.ts";
import { ZkmsError } from "./errors.ts";
import { badOption } from "./given.ts";
import { hex } from "./picture.ts";

/** Throws ZKMS_BAD_OPTIONS for what names no session. */
export function sessionMatcher(match: SessionMatch): (session: SessionInfo) => boolean {
  if (typeof match === "object" && match !== null && "remotePort" in match) {
    const port = `:${match.remotePort}`;
    return ({ remote }) => remote?.endsWith(port) ?? false;
  }
  if (typeof match === "string" && match.startsWith("/")) {
    return ({ ephemerals }) => ephemerals.includes(match);
  }
  const id = sessionIdFrom(match);
  return (session) => session.id === id;
}

/** How errors name the session that was asked for. */
export function describeMatch(match: SessionMatch): string {
  if (typeof match === "bigint") return hex(match);
  return typeof match === "string" ? match : `of remote port ${match.remotePort}`;
}

/** `why` a path has no owner, where that is known. */
export function noSuchSession(
  match: SessionMatch,
  sessions: readonly SessionInfo[],
  why?: string,
): ZkmsError {
  if (typeof match === "string" && match.startsWith("/")) {
    const owned = sessions.flatMap(({ ephemerals }) => ephemerals);
    return new ZkmsError("ZKMS_NO_SUCH_SESSION", `no session owns ${match}`, {
      ...(why !== undefined && { why }),
      hint:
        owned.length === 0
          ? "a session's id: there is no ephemeral node"
          : `one of ${owned.join(", ")}`,
    });
  }
  const ids = sessions.map(({ id }) => hex(id));
  return new ZkmsError("ZKMS_NO_SUCH_SESSION", `there is no session ${describeMatch(match)}`, {
    hint: ids.length === 0 ? "a client must connect first" : `one of ${ids.join(", ")}`,
  });
}

/** From a bigint, signed or not, or from hex text. */
function sessionIdFrom(match: unknown): SessionId {
  if (typeof match === "bigint") return sessionIdOf(match);
  if (typeof match === "string" && /^(0x)?[0-9a-f]{1,16}$/i.test(match)) {
    return sessionIdOf(BigInt(match.toLowerCase().startsWith("0x") ? match : `0x${match}`));
  }
  const what = "is no session id, no path and no { remotePort }";
  throw badOption("session", match, what, "client.sessionId, or the path of an ephemeral node");
}
