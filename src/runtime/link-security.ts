import type { X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import type { Channel } from "../core/network/link.ts";
import { inTime } from "./in-time.ts";
import { introductionsMax } from "./introductions.ts";
import {
  contextOf,
  isOfTls,
  reasonOf,
  type SecureSocket,
  TlsGate,
  type TlsKeys,
} from "./tls-gate.ts";

/** Between a peer and its fellows: what Apache's `sslQuorum`, `portUnification` and `ssl.quorum.*` say. */
export interface LinkSecurity {
  readonly keys: TlsKeys;
  /** sslQuorum: what it dials speaks TLS. */
  readonly dialsTls: boolean;
  /** portUnification: who dials it may speak plainly too. */
  readonly takesPlain: boolean;
  /** Certificates are to name the host at the other end: of the peers that it dials, of those that dial it. */
  readonly verifiesHosts: { readonly dialed: boolean; readonly dialing: boolean };
  /** An address that a certificate does not name is looked up for a name. */
  readonly looksUpNames: boolean;
  /** Who says nothing for so long speaks plainly. */
  readonly detectionMs: number;
  /** A connection did not come about, and why. */
  readonly onRefused: (why: string) => void;
}

/** A connection between peers. */
export interface Pair {
  readonly socket: Socket;
  /** What TLS is spoken over; undefined: `socket` speaks plainly. */
  readonly bare: Socket | undefined;
}

/** `UnifiedServerSocket`: lets in who dials a port, once it is clear whether TLS is spoken and by whom. */
export class LinkDoor {
  readonly #security: LinkSecurity | undefined;
  readonly #channel: Channel;
  readonly #onOpen: (pair: Pair) => void;
  readonly #gate: TlsGate | undefined;
  /** They are not through yet: silent, in their handshake, or while a name is looked up. */
  readonly #entering = new Set<Socket>();

  /** Without `security` TLS is not known, and bytes are bytes. */
  constructor(
    security: LinkSecurity | undefined,
    { channel, onOpen }: { channel: Channel; onOpen: (pair: Pair) => void },
  ) {
    this.#channel = channel;
    this.#security = security;
    this.#onOpen = onOpen;
    this.#gate =
      security &&
      new TlsGate(
        security.keys,
        (client) => void this.#check(client, security),
        (why) => this.#refused(`the handshake failed, ${why}`),
      );
  }

  accept(socket: Socket): void {
    const security = this.#security;
    if (security === undefined) return this.#onOpen({ socket, bare: undefined });
    this.#entering.add(socket);
    socket.unref();
    socket.on("error", () => {}); // "close" follows
    const leave = (): void => void socket.destroy();
    const decide = (first?: Buffer): void => {
      socket.setTimeout(0);
      socket.off("data", decide).off("timeout", decide).off("end", leave);
      if (this.#entering.has(socket)) this.#decide(socket, first, security);
    };
    socket.once("data", decide);
    socket.once("timeout", decide);
    socket.once("end", leave);
    socket.once("close", () => this.#entering.delete(socket));
    socket.setTimeout(security.detectionMs);
    if (this.#entering.size <= introductionsMax) return;
    for (const oldest of this.#entering) return this.#turnAway(oldest);
  }

  /** Ends what has not come through. */
  close(): void {
    for (const socket of this.#entering) this.#turnAway(socket);
    this.#gate?.close();
  }

  #turnAway(socket: Socket): void {
    this.#entering.delete(socket);
    socket.destroy();
  }

  #decide(socket: Socket, first: Buffer | undefined, { takesPlain }: LinkSecurity): void {
    if (first !== undefined) {
      socket.pause();
      socket.unshift(first);
      if (beginsTls(first)) return this.#gate?.accept(socket);
    }
    if (!takesPlain) {
      this.#refused("it speaks no TLS, and portUnification is off");
      socket.destroy();
      return;
    }
    socket.resume(); // on the next tick, when somebody listens
    this.#entering.delete(socket);
    this.#onOpen({ socket, bare: undefined });
  }

  async #check(
    { socket, bare }: SecureSocket,
    { verifiesHosts, looksUpNames }: LinkSecurity,
  ): Promise<void> {
    const certificate = socket.getPeerX509Certificate();
    if (verifiesHosts.dialing && certificate !== undefined) {
      const address = socket.remoteAddress ?? "";
      if (!(await isNamed(certificate, address, looksUpNames ? nameOf : noName))) {
        this.#refused(strange(certificate, address));
        socket.destroy();
        return;
      }
    }
    const isAwaited = this.#entering.delete(bare);
    if (isAwaited && !socket.destroyed) this.#onOpen({ socket, bare });
  }

  #refused(why: string): void {
    this.#security?.onRefused(`a connection to the ${this.#channel} port was refused: ${why}`);
  }
}

/** Speaks TLS over a connection that was dialled; `done` hears once, undefined: it failed. */
export function secureDial(
  security: LinkSecurity,
  { bare, host }: { readonly bare: Socket; readonly host: string },
  done: (pair: Pair | undefined) => void,
): void {
  const { keys, verifiesHosts, looksUpNames, onRefused } = security;
  const name = isIP(host) === 0 ? host : undefined;
  const { remoteAddress = "", remotePort } = bare;
  const what = `a connection to ${host}, port ${remotePort},`;
  const { connect } = process.getBuiltinModule("node:tls");
  const socket = connect({
    socket: bare,
    ...contextOf(keys),
    ...(name !== undefined && { servername: name }),
    checkServerIdentity: () => undefined, // as Apache does it, below
  });
  socket.allowHalfOpen = true; // as of every link
  const refuse = (why: string): void => {
    onRefused(`${what} came to nothing: ${why}`);
    socket.destroy();
    done(undefined);
  };
  const failed = (error: Error): void => {
    socket.off("secureConnect", check);
    refuse(`the handshake failed, ${reasonOf(error)}`);
  };
  const check = async (): Promise<void> => {
    socket.off("error", failed);
    socket.on("error", (error) => {
      if (isOfTls(error)) onRefused(`${what} broke: ${reasonOf(error)}`);
    });
    const certificate = socket.getPeerX509Certificate();
    const isKnown =
      !verifiesHosts.dialed ||
      (certificate !== undefined &&
        (await isNamed(
          certificate,
          remoteAddress,
          name === undefined && looksUpNames ? nameOf : () => name,
        )));
    if (!isKnown) refuse(strange(certificate, host));
    else done(socket.destroyed ? undefined : { socket, bare });
  };
  bare.on("error", () => {}); // the socket over it hears of it
  socket.once("error", failed);
  socket.once("secureConnect", check);
}

/** A handshake record of SSL 3.0 or later (netty's SslHandler.isEncrypted). */
const beginsTls = (bytes: Uint8Array): boolean =>
  bytes.length >= 5 && bytes[0] === 0x16 && bytes[1] === 3;

/** ZKTrustManager: the address, or else the name it was dialled by or that the system knows it by. */
async function isNamed(
  certificate: X509Certificate,
  address: string,
  lookUp: (address: string) => Promise<string | undefined> | string | undefined,
): Promise<boolean> {
  const plain = address.replace(/^::ffff:/, "");
  if (certificate.checkIP(plain) !== undefined) return true;
  if (certificate.subjectAltName === undefined && certificate.checkHost(plain) !== undefined) {
    return true;
  }
  const host = await lookUp(plain);
  return host !== undefined && certificate.checkHost(host) !== undefined;
}

/** A name server that does not answer must not keep a stranger at the door. */
const nameMsMax = 5000;

/** A name that leads back to the address, as `InetAddress.getHostName` wants it. */
async function nameOf(address: string): Promise<string | undefined> {
  return await inTime(foundNameOf(address), nameMsMax);
}

async function foundNameOf(address: string): Promise<string | undefined> {
  const { lookup, lookupService } = await import("node:dns/promises");
  try {
    const { hostname } = await lookupService(address, 0);
    const addresses = await lookup(hostname, { all: true });
    return addresses.some((found) => found.address === address) ? hostname : undefined;
  } catch {
    return undefined;
  }
}

const noName = (): undefined => undefined;

const strange = (certificate: X509Certificate | undefined, host: string): string =>
  `the certificate ${certificate?.subject.replaceAll("\n", ", ")} does not name ${host}`;
