import { randomInt } from "node:crypto";
import type { LoginStep, SaslLogin } from "../core/sasl/mechanism.ts";
import { type EncryptionKey, KeyUsage, newKeyLike } from "./encryption.ts";
import { firstToken, flagsChecksum, flagsChecksumType, unwrap, wrap } from "./gss-tokens.ts";
import { stampAt } from "./kdc.ts";
import { KerberosError } from "./kerberos-error.ts";
import { apReq, type Credential } from "./messages.ts";
import { formatPrincipal } from "./principal.ts";

/** No layer of security below what follows, the one that Apache's quorum takes (RFC 4752, 3.1). */
export const noLayer = 1;

/**
 * The side that dials of one exchange of SASL's GSSAPI (RFC 4752), as Java's mechanism does it: the server proves itself by what it
 * wraps, for which it has to open the ticket.
 *
 *   shown a ticket ─layers that are offered, wrapped▶ chosen ─nothing more▶ done
 */
export class GssapiLogin implements SaslLogin {
  readonly user: string;
  readonly first: Uint8Array;
  readonly #key: EncryptionKey;
  readonly #sequence: number;
  #phase: "shown" | "chosen" | "over" = "shown";

  /** `credential` is for whoever is dialled; `now` in milliseconds since 1970. */
  constructor(credential: Credential, now: number) {
    this.user = formatPrincipal(credential.client);
    this.#key = newKeyLike(credential.sessionKey);
    this.#sequence = randomInt(2 ** 30);
    const shown = apReq(credential, {
      usage: KeyUsage.authenticator,
      checksum: { type: flagsChecksumType, value: flagsChecksum() },
      stamp: stampAt(now),
      sequel: { key: this.#key, sequence: this.#sequence },
    });
    this.first = firstToken(shown);
  }

  take(token: Uint8Array | null): LoginStep {
    const phase = this.#phase;
    this.#phase = "over";
    if (phase === "shown") return this.#choose(token ?? new Uint8Array(0));
    if (phase === "chosen" && (token === null || token.length === 0)) return { kind: "done" };
    return { kind: "failed", why: "it goes on when there is nothing more to say" };
  }

  #choose(token: Uint8Array): LoginStep {
    const [key, sequence] = [this.#key, this.#sequence];
    try {
      const [layers = 0] = unwrap(token, { key, sequence, side: "acceptor" });
      if ((layers & noLayer) === 0) {
        return { kind: "failed", why: "it asks for a layer of security, which peers do not speak" };
      }
    } catch (error) {
      if (!(error instanceof KerberosError)) throw error;
      return { kind: "failed", why: `it answers with ${error.message}` };
    }
    this.#phase = "chosen";
    const choice = Buffer.concat([Uint8Array.of(noLayer, 0, 0, 0), Buffer.from(this.user, "utf8")]);
    return { kind: "answer", token: wrap(choice, { key, sequence, side: "initiator" }) };
  }
}
