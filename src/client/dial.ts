import { connect, type Socket } from "node:net";
import type { Server } from "./connection.ts";

/** How TLS is spoken with every server. */
export interface SecureDial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly hostnameVerification: boolean;
}

/** A socket on its way; what is written meanwhile is sent when it is there. */
export function dial({ host, port }: Server, secure: SecureDial | undefined): Socket {
  if (secure === undefined) return connect({ host, port, noDelay: true });
  const { ca, cert, key, hostnameVerification } = secure;
  const socket = process.getBuiltinModule("node:tls").connect({
    host,
    port,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(!hostnameVerification && { checkServerIdentity: () => undefined }),
  });
  return socket.setNoDelay(true);
}
