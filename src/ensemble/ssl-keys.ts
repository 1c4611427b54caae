import type { SecureVersion } from "node:tls";
import type { TlsKeys } from "../runtime/tls-gate.ts";
import { ZkmsError } from "./errors.ts";
import type { StorePrefix } from "./key-stores.ts";

// What Apache's keys say of TLS besides the key stores, alike for clients and between peers. All throw ZKMS_BAD_OPTIONS.

export type KeysGiven = (key: string) => string | undefined;

/** X509Util.ClientAuth */
export function clientAuthOf(family: StorePrefix, given: KeysGiven): TlsKeys["clientAuth"] {
  const value = given(`${family}clientAuth`)?.toLowerCase() || "need";
  if (value === "none" || value === "want" || value === "need") return value;
  throw refusal(`${family}clientAuth`, value, "is none of none, want, need");
}

/** Which versions of TLS are spoken, and with which suites: a version that none of them is for is not spoken, as in Java. */
export function dialectOf(
  family: StorePrefix,
  given: KeysGiven,
): Required<Pick<TlsKeys, "suites" | "versions">> {
  const suites = suitesOf(family, given);
  const versions = versionsOf(family, given);
  if (suites === undefined) return { suites, versions };
  const ofNewest = suites.filter((suite) => suite.startsWith("TLS_")).length;
  const min = ofNewest === suites.length ? "TLSv1.3" : versions.min;
  const max = ofNewest === 0 && versions.max === "TLSv1.3" ? "TLSv1.2" : versions.max;
  if (min > max) {
    const spoken =
      versions.min === versions.max ? versions.min : `${versions.min} to ${versions.max}`;
    throw refusal(`${family}ciphersuites`, suites.join(","), `has no suite for ${spoken}`);
  }
  return { suites: suites.join(":"), versions: { min, max } };
}

/** By age. */
const versions: readonly SecureVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/** Of a protocol Java takes what is safe up to it; 3.9.5 asks for the best, which is TLSv1.3. */
function versionsOf(family: StorePrefix, given: KeysGiven): NonNullable<TlsKeys["versions"]> {
  const protocol = given(`${family}protocol`);
  const enabled = given(`${family}enabledProtocols`);
  if (enabled === undefined) {
    if (protocol === undefined || protocol === "TLS") return { min: "TLSv1.2", max: "TLSv1.3" };
    const max = versionOf(`${family}protocol`, protocol);
    return { min: max < "TLSv1.2" ? max : "TLSv1.2", max };
  }
  const all = enabled.split(",").map((name) => versionOf(`${family}enabledProtocols`, name.trim()));
  const known = versions.filter((version) => all.includes(version));
  return { min: known[0] ?? "TLSv1.2", max: known.at(-1) ?? "TLSv1.3" };
}

function versionOf(key: string, name: string): SecureVersion {
  const version = versions.find((known) => known === name);
  if (version === undefined) throw refusal(key, name, `is none of ${versions.join(", ")}`);
  return version;
}

/** Java's names, the preferred ones first, as OpenSSL calls them. */
function suitesOf(family: StorePrefix, given: KeysGiven): readonly string[] | undefined {
  const key = `${family}ciphersuites`;
  const names = given(key);
  if (names === undefined) return undefined;
  const known = new Set(process.getBuiltinModule("node:tls").getCiphers());
  return names.split(",").map((name) => {
    const suite = openSslName(name.trim());
    if (known.has(suite.toLowerCase())) return suite;
    throw refusal(key, name.trim(), "is no cipher suite that Node knows", "names as Java has them");
  });
}

/** `TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA` is `ECDHE-RSA-AES128-SHA`; those of TLS 1.3 have one name. */
function openSslName(name: string): string {
  const [, exchange, cipher] = /^TLS_(\w+)_WITH_(\w+)$/.exec(name) ?? [];
  if (exchange === undefined || cipher === undefined) return name;
  const short = cipher
    .replace(/^AES_(\d+)_/, "AES$1_")
    .replace("_CBC_", "_")
    .replace(/^CHACHA20_POLY1305_SHA256$/, "CHACHA20_POLY1305");
  return [...(exchange === "RSA" ? [] : [exchange]), short].join("_").replaceAll("_", "-");
}

export const refusal = (key: string, value: string, what: string, hint?: string): ZkmsError =>
  new ZkmsError("ZKMS_BAD_OPTIONS", `${key}=${value} ${what}`, { hint });
