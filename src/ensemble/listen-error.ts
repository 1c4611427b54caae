import { codeOf, ZkmsError } from "./errors.ts";
import type { ResolvedPeer } from "./options.ts";

/** Why a peer's ports could not be had. */
export function listenError(error: unknown, peer: ResolvedPeer, host: string): ZkmsError {
  const code = codeOf(error);
  const { clientPort, adminPort = 0, securePort } = peer;
  const ports = [clientPort, adminPort, securePort].filter((port) => port > 0);
  const where = ports.length === 0 ? host : `${host}:${ports.join(" or ")}`;
  switch (code) {
    case "EADDRINUSE":
      return new ZkmsError("ZKMS_PORT_IN_USE", `port ${where} of peer ${peer.id} is in use`, {
        hint: "clientPort: 0, which takes any free one",
        cause: error,
      });
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new ZkmsError(
        "ZKMS_BAD_OPTIONS",
        `option host: "${host}" is no address of this machine`,
        {
          hint: `host: "127.0.0.1"`,
          cause: error,
        },
      );
    default:
      return new ZkmsError("ZKMS_ENGINE", `peer ${peer.id} cannot listen on ${where}`, {
        why: code,
        cause: error,
      });
  }
}
