import type { Socket } from "node:net";
import type { SecureContextOptions, SecureVersion, Server, TLSSocket } from "node:tls";

/** PEM texts. */
export interface TlsKeys {
  /** Who vouches for clients; undefined: the authorities that the system knows. */
  readonly ca: string | undefined;
  readonly cert: string;
  readonly key: string;
  /** Whether clients have to show a certificate, may, or are not asked. */
  readonly clientAuth: "none" | "want" | "need";
  /** Default: Node's. */
  /** OpenSSL's names, the preferred ones first; default: Node's. */
  readonly suites?: string | undefined;
  readonly versions?: { readonly min: SecureVersion; readonly max: SecureVersion };
}

/** A client on the secure port. */
export interface SecureSocket {
  readonly socket: TLSSocket;
  /** What TLS is spoken over: only this one can be reset. */
  readonly bare: Socket;
  /** Of its certificate, as RFC 2253 writes it; undefined: it showed none. */
  readonly subject: string | undefined;
}

/** A client that does not get through the handshake in that time is closed. */
const handshakeTimeout = 10_000;

/** Turns accepted connections into TLS ones; who fails the handshake never gets through. */
export class TlsGate {
  readonly #server: Server;
  readonly #onSecure: (client: SecureSocket) => void;
  readonly #onRefused: (why: string) => void;
  /** Connections in their handshake, by the client's port. */
  readonly #waiting = new Map<string, Socket>();

  constructor(
    keys: TlsKeys,
    onSecure: (client: SecureSocket) => void,
    onRefused: (why: string) => void,
  ) {
    const { clientAuth } = keys;
    this.#onSecure = onSecure;
    this.#onRefused = onRefused;
    const { createServer } = process.getBuiltinModule("node:tls"); // most runs never need it
    this.#server = createServer({
      ...contextOf(keys),
      requestCert: clientAuth !== "none",
      rejectUnauthorized: clientAuth === "need",
      handshakeTimeout,
    });
    this.#server.on("secureConnection", (socket) => this.#secured(socket));
    // Node closes it after most errors, but not when time is up.
    this.#server.on("tlsClientError", (error, socket) => {
      this.#onRefused(reasonOf(error));
      socket.destroy();
    });
  }

  accept(socket: Socket): void {
    const name = nameOf(socket);
    socket.unref();
    socket.on("error", () => {}); // "close" follows
    socket.once("close", () => this.#waiting.delete(name));
    this.#waiting.set(name, socket);
    socket.allowHalfOpen = false; // else nobody hears of a client that leaves in the middle of its handshake
    this.#server.emit("connection", socket);
  }

  /** Ends the handshakes under way. */
  close(): void {
    for (const socket of this.#waiting.values()) socket.destroy();
    this.#waiting.clear();
  }

  #secured(socket: TLSSocket): void {
    const name = nameOf(socket);
    const bare = this.#waiting.get(name);
    this.#waiting.delete(name);
    const certificate = socket.getPeerX509Certificate();
    // Who shows a certificate that nobody vouches for is not let in, even where none is needed.
    const isRefused = certificate !== undefined && !socket.authorized;
    if (bare === undefined || isRefused) {
      if (isRefused) this.#onRefused(String(socket.authorizationError));
      socket.destroy();
      return;
    }
    const subject = certificate === undefined ? undefined : rfc2253(certificate.subject);
    socket.allowHalfOpen = true; // what it is owed is written behind its last word
    this.#onSecure({ socket, bare, subject });
  }
}

/** For either side of a connection. */
export const contextOf = ({
  ca,
  cert,
  key,
  suites,
  versions,
}: Omit<TlsKeys, "clientAuth">): SecureContextOptions => ({
  ...(ca !== undefined && { ca }),
  cert,
  key,
  ...(suites !== undefined && { ciphers: suites }),
  ...(versions !== undefined && { minVersion: versions.min, maxVersion: versions.max }),
  // Java trusts each certificate of a trust store, an authority's or not.
  allowPartialTrustChain: true,
});

/** What OpenSSL says, or the other side by an alert; a connection that only broke is none of it. */
export const isOfTls = (error: Error): error is Error & { readonly reason: string } =>
  "reason" in error && typeof error.reason === "string";

/** In few words. */
export const reasonOf = (error: Error): string => (isOfTls(error) ? error.reason : error.message);

const nameOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;

/** From Node's form, one attribute a line with the country first, already escaped: the other way round, in one line. */
export function rfc2253(subject: string): string {
  return subject.split("\n").reverse().join(",");
}
