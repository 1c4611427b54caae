import { formatHostPort } from "../core/base/host-port.ts";
import type { Member } from "../core/quorum/config.ts";
import type { PeerHost } from "../runtime/peer-host.ts";
import type { ResolvedPeer } from "./options.ts";

/** A peer as the configuration names it; `host` is what its ports are bound to. */
export function memberAt(
  { sid, ports }: PeerHost,
  { type, weight, group }: ResolvedPeer,
  host: string,
): Member {
  return {
    sid,
    host,
    quorumPort: ports.quorum,
    electionPort: ports.election,
    role: type,
    client: formatHostPort(host, ports.client),
    weight,
    group,
  };
}
