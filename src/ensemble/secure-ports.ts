import { formatHostPort } from "../core/base/host-port.ts";
import type { EnsembleTls, Peer } from "./api.ts";
import type { Calls } from "./calls.ts";
import type { Certificates } from "./certificates.ts";

/** What clients need to use the secure ports of the peers that there are. */
export function tlsOf(
  certificates: Certificates,
  {
    host,
    calls,
    enrolment,
  }: {
    /** As clients know it. */
    readonly host: string;
    readonly calls: Calls;
    readonly enrolment: { readonly peers: readonly Peer[] };
  },
): EnsembleTls {
  return {
    get connectString(): string {
      const secure = enrolment.peers.flatMap(({ ports }) => ports.secure ?? []);
      return secure.map((port) => formatHostPort(host, port)).join(",");
    },
    ca: certificates.keys.ca ?? "",
    issue: (commonName) => calls.run(() => certificates.issue(commonName)),
  };
}
