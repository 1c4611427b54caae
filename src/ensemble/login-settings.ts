import { sha1 } from "../core/base/sha1.ts";
import type { Hash } from "../core/server/authentication.ts";
import type { Given } from "./given.ts";
import { nearestName } from "./nearest-name.ts";

/** Who clients may say they are, by Apache's keys. */
export interface LoginSettings {
  /** Of digest ids, by Java's name in capitals. */
  readonly digestAlg: string;
  /** Whether there is the scheme digest, in auth packets and ACLs. */
  readonly digestEnabled: boolean;
  /** Of the SASL user "super", in place of the users' own; undefined: that one counts. */
  readonly superPassword: string | undefined;
  /** Who fails at SASL goes on without its id. */
  readonly allowSaslFailedClients: boolean;
  /** An entry of the scheme sasl with this id admits every sasl user; undefined: none does. */
  readonly anySaslUserId: string | undefined;
  /** What a client may call this ensemble; undefined: the scheme is not there. */
  readonly ensembleNames: ReadonlySet<string> | undefined;
}

/** The keys, which `config` takes. */
export const loginKeys = [
  "DigestAuthenticationProvider.digestAlg",
  "DigestAuthenticationProvider.enabled",
  "SASLAuthenticationProvider.superPassword",
  "allowSaslFailedClients",
  "letAnySaslUserDoX",
  "ensembleAuthName",
] as const;

export function loginsOf(config: Given): LoginSettings {
  const textOf = (key: string): string | undefined =>
    config.value(key) === undefined ? undefined : config.text(key, "");
  const names = textOf("ensembleAuthName");
  return {
    digestAlg: digestAlgOf(config),
    digestEnabled: config.flag("DigestAuthenticationProvider.enabled", true),
    superPassword: textOf("SASLAuthenticationProvider.superPassword"),
    allowSaslFailedClients: config.flag("allowSaslFailedClients", false),
    anySaslUserId: textOf("letAnySaslUserDoX"),
    ensembleNames:
      names === undefined ? undefined : new Set(names.split(",").map((name) => name.trim())),
  };
}

/** Java's names of hashes, which are the same in small letters, and Node's. */
const hashes: Readonly<Record<string, string>> = {
  MD5: "md5",
  SHA: "sha1",
  SHA1: "sha1",
  "SHA-1": "sha1",
  "SHA-224": "sha224",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
  "SHA-512/224": "sha512-224",
  "SHA-512/256": "sha512-256",
  "SHA3-224": "sha3-224",
  "SHA3-256": "sha3-256",
  "SHA3-384": "sha3-384",
  "SHA3-512": "sha3-512",
};

/** Apache does not start with one that Java lacks (DigestAuthenticationProvider). */
function digestAlgOf(config: Given): string {
  const key = "DigestAuthenticationProvider.digestAlg";
  const name = config.text(key, "SHA1").toUpperCase();
  if (Object.hasOwn(hashes, name)) return name;
  const names = Object.keys(hashes);
  throw config.bad(key, `is none of ${names.join(", ")}`, nearestName(name, names));
}

/** Nobody is super by the key alone: the users must have one of that name (SaslServerCallbackHandler). */
export function withSuperPassword(
  users: ReadonlyMap<string, string> | undefined,
  { superPassword }: LoginSettings,
): ReadonlyMap<string, string> | undefined {
  if (superPassword === undefined || users?.has("super") !== true) return users;
  return new Map(users).set("super", superPassword);
}

/** What digest ids are made with. */
export function hashOf({ digestAlg }: LoginSettings): Hash {
  const name = hashes[digestAlg] ?? "sha1";
  if (name === "sha1") return sha1; // nearly everybody's, without loading node:crypto
  return (message) =>
    process.getBuiltinModule("node:crypto").createHash(name).update(message).digest();
}
