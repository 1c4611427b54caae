import type { LinkSecurity } from "../runtime/link-security.ts";
import { onceEach } from "../runtime/once-each.ts";
import { clientAuthOf, dialectOf, type KeysGiven, refusal } from "./ssl-keys.ts";

// TLS between peers, by Apache's keys without their "zookeeper." in front: sslQuorum, portUnification and ssl.quorum.*.

const family = "ssl.quorum.";
export const linkKeys: readonly string[] = [
  "sslQuorum",
  "portUnification",
  ...["keyStore", "trustStore"].flatMap((store) =>
    ["location", "password", "passwordPath", "type"].map((name) => `${family}${store}.${name}`),
  ),
  ...[
    "allowReverseDnsLookup",
    "ciphersuites",
    "clientAuth",
    "clientHostnameVerification",
    "enabledProtocols",
    "handshakeDetectionTimeoutMillis",
    "hostnameVerification",
    "protocol",
  ].map((name) => family + name),
];

/**
 * What the keys ask for; undefined: links are plain. `warn` hears of each refusal once, however often it happens. Throws ZKMS_BAD_OPTIONS where TLS is asked for and cannot be had: a peer never
 * speaks plainly for want of a key.
 */
export async function linkSecurityOf(
  keys: ReadonlyMap<string, string>,
  warn: (why: string) => void,
): Promise<LinkSecurity | undefined> {
  const given = (key: string): string | undefined => keys.get(key) ?? keys.get(`zookeeper.${key}`);
  const dialsTls = strictFlag("sslQuorum", given);
  const takesPlain = strictFlag("portUnification", given);
  if (!dialsTls && !takesPlain) return undefined;
  const { readKeyStores } = await import("./key-stores.ts");
  const stored = await readKeyStores(family, given);
  if (stored === undefined) {
    if (!dialsTls) {
      warn("portUnification takes no TLS without ssl.quorum.keyStore.location");
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
    keys: {
      ...stored,
      clientAuth: clientAuthOf(family, given),
      ...dialectOf(family, given),
    },
    dialsTls,
    takesPlain,
    verifiesHosts: {
      dialed: verifiesDialed,
      dialing: verifiesDialed && is("clientHostnameVerification", true),
    },
    looksUpNames: is("allowReverseDnsLookup", true),
    detectionMs: detectionMs >= 1 ? detectionMs : defaultDetectionMs,
    onRefused: onceEach(warn),
  };
}

/** X509Util.DEFAULT_HANDSHAKE_DETECTION_TIMEOUT_MILLIS */
const defaultDetectionMs = 5000;

/** QuorumPeerConfig.parseBoolean: a typing error is none of "false". */
function strictFlag(key: string, given: KeysGiven): boolean {
  const value = given(key)?.toLowerCase();
  if (value !== undefined && value !== "true" && value !== "false") {
    throw refusal(key, value, "is neither true nor false");
  }
  return value === "true";
}
