import { hex, md5 } from "../base/md5.ts";
import type { Prng } from "../base/prng.ts";
import { utf8Bytes } from "../base/utf8.ts";
import { Reader } from "../jute/reader.ts";
import type { SaslAnswer, SaslExchange } from "./mechanism.ts";

/** What both sides know beforehand. Apache has a fixed word where RFC 2831 has the server's host. */
export interface DigestMd5Service {
  readonly realm: string;
  /** `digest-uri`, in small letters. */
  readonly uri: string;
}

/** Of a client that logs in at a peer. */
export const clientService: DigestMd5Service = {
  realm: "zk-sasl-md5",
  uri: "zookeeper/zk-sasl-md5",
};

/** Of a peer that dials another one. */
export const quorumService: DigestMd5Service = {
  realm: "zk-quorum-sasl-md5",
  uri: "zookeeper-quorum/zk-quorum-sasl-md5",
};

export interface DigestMd5Options {
  readonly service: DigestMd5Service;
  /** Passwords by name. */
  readonly users: ReadonlyMap<string, string>;
  /** Of this exchange alone. */
  readonly nonce: string;
}

const refused: SaslAnswer = {
  kind: "refused",
  why: "it gives a user or a password that is wrong",
};

/**
 * The server's side of one DIGEST-MD5 exchange (RFC 2831, quality "auth"), as Java's mechanism does it for ZooKeeper.
 *
 *   fresh ─any token▶ challenged ─right response▶ over; whatever comes besides fails
 */
export class DigestMd5 implements SaslExchange {
  readonly #options: DigestMd5Options;
  #phase: "fresh" | "challenged" | "over" = "fresh";

  constructor(options: DigestMd5Options) {
    this.#options = options;
  }

  answer(token: Uint8Array): SaslAnswer {
    if (this.#phase === "fresh") {
      this.#phase = "challenged";
      const { service, nonce } = this.#options;
      const challenge = `realm="${service.realm}",nonce="${nonce}",charset=utf-8,algorithm=md5-sess`;
      return { kind: "challenge", token: utf8Bytes(challenge) };
    }
    const response = this.#phase === "challenged" ? parseDirectives(token) : undefined;
    this.#phase = "over";
    return response === undefined ? refused : this.#check(response);
  }

  #check(response: ReadonlyMap<string, string>): SaslAnswer {
    const { service, users, nonce } = this.#options;
    const { realm } = service;
    const user = response.get("username");
    const cnonce = response.get("cnonce");
    const uri = response.get("digest-uri");
    const password = users.get(user ?? "");
    if (user === undefined || cnonce === undefined || uri === undefined) return refused;
    const isOurs =
      response.get("realm") === realm &&
      response.get("nonce") === nonce &&
      response.get("nc") === "00000001" &&
      (response.get("qop") ?? "auth") === "auth" &&
      uri.toLowerCase() === service.uri;
    if (!isOurs || password === undefined) return refused;
    const authzid = response.get("authzid");
    const secret = { user, realm, password, nonce, cnonce, authzid };
    if (response.get("response") !== responseOf(secret, `AUTHENTICATE:${uri}`)) return refused;
    const proof = utf8Bytes(`rspauth=${responseOf(secret, `:${uri}`)}`);
    return { kind: "known", token: proof, user, authzid: authzid ?? user };
  }
}

const nonceLength = 40;
const nonceAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** As long as Java's, and of the same letters. */
export function nonceFrom(chance: Prng): string {
  let nonce = "";
  while (nonce.length < nonceLength) nonce += nonceAlphabet.charAt(chance.below(64));
  return nonce;
}

export interface DigestMd5Secret {
  readonly user: string;
  readonly realm: string;
  readonly password: string;
  readonly nonce: string;
  readonly cnonce: string;
  readonly authzid: string | undefined;
}

/** The proof that one knows the password; `a2` says which side's (RFC 2831, 2.1.2.1). */
export function responseOf(secret: DigestMd5Secret, a2: string): string {
  const { user, password, nonce, cnonce, authzid } = secret;
  const known = md5(
    joined(latinBytes(user), colon, latinBytes(secret.realm), colon, latinBytes(password)),
  );
  const session = [`:${nonce}:${cnonce}`, ...(authzid === undefined ? [] : [authzid])].join(":");
  const a1 = hex(md5(joined(known, utf8Bytes(session))));
  const proof = `${a1}:${nonce}:00000001:${cnonce}:auth:${hex(md5(utf8Bytes(a2)))}`;
  return hex(md5(utf8Bytes(proof)));
}

const colon = utf8Bytes(":");

/** Texts that fit ISO 8859-1 are hashed in it, whatever the charset. */
function latinBytes(text: string): Uint8Array {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  return codes.every((code) => code < 256) ? Uint8Array.from(codes) : utf8Bytes(text);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** `key=value,key="quoted \" value"`; undefined: neither. A key that comes twice counts as the first says. */
export function parseDirectives(token: Uint8Array): ReadonlyMap<string, string> | undefined {
  const directives = new Map<string, string>();
  const directive = /[\s,]*([^\s=,"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?=,|$)/sy;
  const text = new Reader(token).text();
  while (directive.lastIndex < text.length) {
    const match = directive.exec(text);
    if (match === null) return undefined;
    const [, key = "", quoted, plain = ""] = match;
    const value = quoted === undefined ? plain : quoted.replace(/\\(.)/gs, "$1");
    if (!directives.has(key)) directives.set(key, value);
  }
  return directives;
}
