import type { SecureVersion } from "node:tls";
import type { LinkSecurity } from "../runtime/link-security.ts";
import type { TlsKeys } from "../runtime/tls-gate.ts";
import { ZkmsError } from "./errors.ts";
import { readKeyStores } from "./key-stores.ts";

// TLS between peers, by Apache's keys without their "zookeeper." in front: sslQuorum, portUnification and ssl.quorum.*.

const family = "ssl.quorum.";
const linkKeys: ReadonlySet<string> = new Set([
  "sslQuorum",
  "portUnification",
  ...["keyStore", "trustStore"].flatMap((store) =>
    ["location", "password", "passwordPath", "type"].map((name) => `${family}${store}.${name}`),
  ),
  ...[
    "allowReverseDnsLookup",
    "clientAuth",
    "clientHostnameVerification",
    "enabledProtocols",
    "handshakeDetectionTimeoutMillis",
    "hostnameVerification",
    "protocol",
  ].map((name) => family + name),
]);

/** One of the keys that `linkSecurityOf` reads. */
export const isLinkKey = (key: string): boolean => linkKeys.has(key);

/**
 * What the keys ask for; undefined: links are plain. Throws ZKMS_BAD_OPTIONS where TLS is asked for and cannot be had: a peer never
 * speaks plainly for want of a key.
 */
export async function linkSecurityOf(
  keys: ReadonlyMap<string, string>,
  onRefused: (why: string) => void,
): Promise<LinkSecurity | undefined> {
  const given = (key: string): string | undefined => keys.get(key) ?? keys.get(`zookeeper.${key}`);
  const dialsTls = strictFlag("sslQuorum", given);
  const takesPlain = strictFlag("portUnification", given);
  if (!dialsTls && !takesPlain) return undefined;
  const stored = await readKeyStores(family, given);
  if (stored === undefined) {
    if (!dialsTls) {
      onRefused("portUnification takes no TLS without ssl.quorum.keyStore.location");
      return undefined;
    }
    throw refusal(
      "sslQuorum",
      "true",
      "needs ssl.quorum.keyStore.location",
      "a file in PEM or PKCS12",
    );
  }
  const is = (name: string, fallback: boolean): boolean =>
    (given(family + name)?.toLowerCase() ?? String(fallback)) === "true";
  const verifiesDialed = is("hostnameVerification", true);
  const detectionMs = Number(given(`${family}handshakeDetectionTimeoutMillis`) ?? 0);
  return {
    keys: { ...stored, clientAuth: clientAuthOf(given), versions: versionsOf(given) },
    dialsTls,
    takesPlain,
    verifiesHosts: {
      dialed: verifiesDialed,
      dialing: verifiesDialed && is("clientHostnameVerification", true),
    },
    looksUpNames: is("allowReverseDnsLookup", true),
    detectionMs: detectionMs >= 1 ? detectionMs : defaultDetectionMs,
    onRefused,
  };
}

type Keys = (key: string) => string | undefined;

/** X509Util.DEFAULT_HANDSHAKE_DETECTION_TIMEOUT_MILLIS */
const defaultDetectionMs = 5000;

/** QuorumPeerConfig.parseBoolean: a typing error is none of "false". */
function strictFlag(key: string, given: Keys): boolean {
  const value = given(key)?.toLowerCase();
  if (value !== undefined && value !== "true" && value !== "false") {
    throw refusal(key, value, "is neither true nor false");
  }
  return value === "true";
}

function clientAuthOf(given: Keys): TlsKeys["clientAuth"] {
  const value = given(`${family}clientAuth`)?.toLowerCase() || "need";
  if (value === "none" || value === "want" || value === "need") return value;
  throw refusal(`${family}clientAuth`, value, "is none of none, want, need");
}

/** By age. */
const versions: readonly SecureVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

/** Of a protocol Java takes what is safe up to it; 3.9.5 asks for the best, which is TLSv1.3. */
function versionsOf(given: Keys): NonNullable<TlsKeys["versions"]> {
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

const refusal = (key: string, value: string, what: string, hint?: string): ZkmsError =>
  new ZkmsError("ZKMS_BAD_OPTIONS", `${key}=${value} ${what}`, { hint });
