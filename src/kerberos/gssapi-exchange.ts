import type { SaslAnswer, SaslExchange } from "../core/sasl/mechanism.ts";
import type { EncryptionKey } from "./encryption.ts";
import { apReqIn, flagsChecksumType, unwrap, wrap } from "./gss-tokens.ts";
import { noLayer } from "./gssapi-login.ts";
import { KerberosError } from "./kerberos-error.ts";
import type { Keytab } from "./keytab.ts";
import {
  type ApReq,
  type Authenticator,
  type Grant,
  openAuthenticator,
  openTicket,
  readApReq,
} from "./messages.ts";
import { formatPrincipal, isSame, type Principal } from "./principal.ts";
import type { ReplayCache } from "./replay-cache.ts";

/** A service as which a peer is known to those who dial it. */
export interface Acceptor {
  readonly principal: Principal;
  readonly keytab: Keytab;
  readonly clockSkewMs: number;
  /** Hosts whose principals may come; a principal's host is its second part (SaslQuorumServerCallbackHandler). */
  readonly hosts: ReadonlySet<string>;
  readonly replays: ReplayCache;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Context {
  readonly client: Principal;
  readonly key: EncryptionKey;
  readonly sequence: number;
}

/**
 * The side that accepts of one exchange of SASL's GSSAPI (RFC 4752), as Java's mechanism does it.
 *
 *   waiting ─a ticket for this service, and the proof of its key▶ offered a layer: none ─that one▶ known
 */
export class GssapiExchange implements SaslExchange {
  readonly #acceptor: Acceptor;
  #phase: "waiting" | "offered" | "over" = "waiting";
  #context: Context | undefined;

  constructor(acceptor: Acceptor) {
    this.#acceptor = acceptor;
  }

  answer(token: Uint8Array): SaslAnswer {
    const phase = this.#phase;
    this.#phase = "over";
    try {
      if (phase === "waiting") return this.#offer(token);
      if (phase === "offered" && this.#context !== undefined) {
        return this.#know(token, this.#context);
      }
    } catch (error) {
      if (!(error instanceof KerberosError)) throw error;
      return { kind: "refused", why: `it comes with ${error.message}` };
    }
    return { kind: "refused", why: "it goes on after the end" };
  }

  #offer(token: Uint8Array): SaslAnswer {
    const context = this.#checked(readApReq(apReqIn(token)));
    this.#context = context;
    this.#phase = "offered";
    const offer = wrap(Uint8Array.of(noLayer, 0, 0, 0), { ...context, side: "acceptor" });
    return { kind: "challenge", token: offer };
  }

  #know(token: Uint8Array, context: Context): SaslAnswer {
    const choice = unwrap(token, { ...context, side: "initiator" });
    if (choice[0] !== noLayer || choice.length < 4) {
      throw new KerberosError("the wish for a layer of security, which peers do not speak");
    }
    const user = formatPrincipal(context.client);
    const authzid = Buffer.from(choice.subarray(4)).toString("utf8") || user;
    const [, host] = context.client.parts;
    const { hosts } = this.#acceptor;
    if (context.client.parts.length !== 2 || host === undefined || !hosts.has(host)) {
      const why = `it is ${user}, and peers are of ${[...hosts].join(", ")}`;
      return { kind: "refused", why };
    }
    return { kind: "known", token: null, user, authzid };
  }

  /** RFC 4120, 3.2.3. Throws KerberosError, which says what it comes with. */
  #checked(shown: ApReq): Context {
    const grant = this.#grantOf(shown);
    this.#checkRealm(grant);
    const whom = formatPrincipal(grant.client);
    const proof = openAuthenticator(shown.authenticator, grant.sessionKey);
    if (proof === undefined || !isSame(proof.client, grant.client)) {
      throw new KerberosError(`a ticket of ${whom}, and without the proof that it is its own`);
    }
    this.#checkTimes(grant, proof);
    this.#checkReplay(shown, proof);
    if (shown.isMutual) throw new KerberosError("the wish for a proof before it has said anything");
    if (proof.checksum?.type !== flagsChecksumType) {
      throw new KerberosError("a proof that is not for GSSAPI");
    }
    return {
      client: grant.client,
      key: proof.subkey ?? grant.sessionKey,
      sequence: proof.sequence,
    };
  }

  #checkReplay({ authenticator }: ApReq, { at, client }: Authenticator): void {
    const { now, clockSkewMs, replays } = this.#acceptor;
    const whom = formatPrincipal(client);
    switch (replays.admit(authenticator.cipher, { now: now(), until: at + clockSkewMs })) {
      case "new":
        return;
      case "seen":
        throw new KerberosError(`a proof of ${whom} that was shown before`);
      case "full":
        throw new KerberosError(
          `a proof of ${whom} while ${replays.proofsMax} others are remembered, and no more can be`,
        );
    }
  }

  #grantOf({ ticket }: ApReq): Grant {
    const { principal, keytab } = this.#acceptor;
    const server = formatPrincipal(ticket.server);
    if (!isSame(ticket.server, principal)) {
      throw new KerberosError(
        `a ticket for ${server}, and this peer is ${formatPrincipal(principal)}`,
      );
    }
    const { type, keyVersion } = ticket.sealed;
    const key = keytab.keyOf(principal, type, keyVersion);
    const grant = key && openTicket(ticket, key);
    if (grant !== undefined) return grant;
    const version = `version ${keyVersion ?? "unknown"}, encryption type ${type}`;
    throw new KerberosError(
      key === undefined
        ? `a ticket for a key of ${server} (${version}) that keytab ${keytab.file} does not have`
        : `a ticket for another key of ${server} (${version}) than keytab ${keytab.file} has`,
    );
  }

  /** Ways between realms are not known here, and so not whether a ticket came on one that is allowed (RFC 4120, 2.7). */
  #checkRealm({ client }: Grant): void {
    const { realm } = this.#acceptor.principal;
    if (client.realm === realm) return;
    throw new KerberosError(
      `a ticket of ${formatPrincipal(client)}, and peers are of realm ${realm}`,
    );
  }

  #checkTimes({ client, isInvalid, startTime, endTime }: Grant, proof: Authenticator): void {
    const { clockSkewMs, now } = this.#acceptor;
    const whom = formatPrincipal(client);
    const at = now();
    const stamp = (ms: number): string => new Date(ms).toISOString();
    if (Math.abs(proof.at - at) > clockSkewMs) {
      throw new KerberosError(
        `a proof of ${whom} made at ${stamp(proof.at)}, and here it is ${stamp(at)}: the clocks are too far apart`,
      );
    }
    if (isInvalid || startTime > at + clockSkewMs) {
      throw new KerberosError(`a ticket of ${whom} that is not valid before ${stamp(startTime)}`);
    }
    if (endTime < at - clockSkewMs) {
      throw new KerberosError(`a ticket of ${whom} that expired at ${stamp(endTime)}`);
    }
  }
}
