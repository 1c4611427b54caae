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

/** By age. */
const versions: readonly SecureVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/** Of a protocol Java takes what is safe up to it; 3.9.5 asks for the best, which is TLSv1.3. */
export function versionsOf(
  family: StorePrefix,
  given: KeysGiven,
): NonNullable<TlsKeys["versions"]> {
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

export const refusal = (key: string, value: string, what: string, hint?: string): ZkmsError =>
  new ZkmsError("ZKMS_BAD_OPTIONS", `${key}=${value} ${what}`, { hint });
