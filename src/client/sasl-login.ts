import { randomBytes } from "node:crypto";
import { responseOf } from "../core/server/digest-md5.ts";

/** What a server's token leads to: an answer, or an end. */
export type LoginStep =
  | { readonly kind: "answer"; readonly token: Uint8Array }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly why: string };

export interface SaslUser {
  readonly user: string;
  readonly password: string;
}

const service = "zookeeper/zk-sasl-md5";

/**
 * The client's side of one DIGEST-MD5 exchange (RFC 2831, quality "auth"), anew for each connection.
 *
 *   asked ─challenge▶ answered ─proof of the server▶ done
 */
export class SaslLogin {
  /** Says only that there is somebody; the server begins. */
  static readonly first: Uint8Array = new Uint8Array(0);
  readonly #user: SaslUser;
  readonly #cnonce = randomBytes(24).toString("base64");
  #proof: string | undefined;

  constructor(user: SaslUser) {
    this.#user = user;
  }

  /** null is what a server answers that knows nobody by SASL. */
  take(token: Uint8Array | null): LoginStep {
    if (token === null) return { kind: "failed", why: "the server does not speak SASL" };
    const text = Buffer.from(token).toString("utf8");
    if (this.#proof === undefined) return this.#answer(text);
    if (text === `rspauth=${this.#proof}`) return { kind: "done" };
    return { kind: "failed", why: "the server did not prove that it knows the password" };
  }

  #answer(challenge: string): LoginStep {
    const nonce = /nonce="([^"]*)"/.exec(challenge)?.[1];
    const realm = /realm="([^"]*)"/.exec(challenge)?.[1] ?? "";
    if (nonce === undefined) return { kind: "failed", why: `no challenge: ${challenge}` };
    const { user, password } = this.#user;
    const cnonce = this.#cnonce;
    const secret = { user, realm, password, nonce, cnonce, authzid: undefined };
    this.#proof = responseOf(secret, `:${service}`);
    const directives = [
      "charset=utf-8",
      `username=${quoted(user)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      "nc=00000001",
      `cnonce=${quoted(cnonce)}`,
      `digest-uri=${quoted(service)}`,
      "maxbuf=65536",
      `response=${responseOf(secret, `AUTHENTICATE:${service}`)}`,
      "qop=auth",
    ];
    return { kind: "answer", token: Buffer.from(directives.join(",")) };
  }
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
