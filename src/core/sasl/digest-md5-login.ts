import { utf8Bytes } from "../base/utf8.ts";
import { Reader } from "../jute/reader.ts";
import { type DigestMd5Service, parseDirectives, responseOf } from "./digest-md5.ts";
import type { LoginStep, SaslLogin } from "./mechanism.ts";

export interface SaslUser {
  readonly user: string;
  readonly password: string;
}

export interface DigestMd5LoginOptions extends SaslUser {
  readonly service: DigestMd5Service;
  /** Of this exchange alone. */
  readonly cnonce: string;
}

/**
 * The client's side of one DIGEST-MD5 exchange (RFC 2831, quality "auth"), with the directives of Java's mechanism in its order.
 *
 *   asked ─challenge▶ answered ─proof of the server▶ done
 */
export class DigestMd5Login implements SaslLogin {
  readonly user: string;
  /** Says only that there is somebody; the server begins. */
  readonly first: Uint8Array = new Uint8Array(0);
  readonly #options: DigestMd5LoginOptions;
  #proof: string | undefined;

  constructor(options: DigestMd5LoginOptions) {
    this.user = options.user;
    this.#options = options;
  }

  /** null is what a server answers that knows nobody by SASL. */
  take(token: Uint8Array | null): LoginStep {
    if (token === null) return { kind: "failed", why: "the server does not speak SASL" };
    const text = new Reader(token).text();
    if (this.#proof === undefined) return this.#answer(token, text);
    if (text === `rspauth=${this.#proof}`) return { kind: "done" };
    return { kind: "failed", why: "the server did not prove that it knows the password" };
  }

  #answer(challenge: Uint8Array, text: string): LoginStep {
    const asked = parseDirectives(challenge);
    const nonce = asked?.get("nonce");
    if (nonce === undefined) return { kind: "failed", why: `no challenge: ${text}` };
    const realm = asked?.get("realm") ?? "";
    const { user, password, cnonce, service } = this.#options;
    const secret = { user, realm, password, nonce, cnonce, authzid: user };
    this.#proof = responseOf(secret, `:${service.uri}`);
    const directives = [
      "charset=utf-8",
      `username=${quoted(user)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      "nc=00000001",
      `cnonce=${quoted(cnonce)}`,
      `digest-uri=${quoted(service.uri)}`,
      "maxbuf=65536",
      `response=${responseOf(secret, `AUTHENTICATE:${service.uri}`)}`,
      "qop=auth",
      `authzid=${quoted(user)}`,
    ];
    return { kind: "answer", token: utf8Bytes(directives.join(",")) };
  }
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
