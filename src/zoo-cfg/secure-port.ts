import { errorAt, ZkmsError } from "../ensemble/errors.ts";
import { clientAuthOf, dialectOf } from "../ensemble/ssl-keys.ts";
import type { TlsKeys } from "../runtime/tls-gate.ts";
import type { Listening, ZooCfg } from "./zoo-cfg.ts";

/** Where clients that speak TLS connect, and with what. */
export interface SecurePort {
  readonly port: Listening;
  readonly keys: TlsKeys;
}

const family = "ssl.";
const securePortKeys: ReadonlySet<string> = new Set([
  ...["keyStore", "trustStore"].flatMap((store) =>
    ["location", "password", "passwordPath", "type"].map((name) => `${family}${store}.${name}`),
  ),
  ...["ciphersuites", "clientAuth", "enabledProtocols", "protocol"].map((name) => family + name),
]);

/** One of the keys that `securePortOf` reads. */
export const isSecurePortKey = (key: string): boolean => securePortKeys.has(key);

/**
 * The secure port of a zoo.cfg; undefined: it has none. Throws ZKMS_BAD_OPTIONS where its keys cannot be read. An Apache server
 * lacks a key store only when the first client comes; here it does not start.
 */
export async function securePortOf({
  file,
  secureClient,
  keys,
}: ZooCfg): Promise<SecurePort | undefined> {
  if (secureClient === undefined) return undefined;
  const given = (key: string): string | undefined => keys.get(key) ?? keys.get(`zookeeper.${key}`);
  try {
    const { readKeyStores } = await import("../ensemble/key-stores.ts");
    const stored = await readKeyStores(family, given);
    if (stored === undefined) {
      throw new ZkmsError("ZKMS_BAD_OPTIONS", "secureClientPort needs ssl.keyStore.location", {
        hint: "a file in PEM or PKCS12",
      });
    }
    const { rootCertificates } = process.getBuiltinModule("node:tls");
    const { ca = rootCertificates.join("\n") } = stored; // where Java looks without a trust store
    return {
      port: secureClient,
      keys: {
        ...stored,
        ca,
        clientAuth: clientAuthOf(family, given),
        ...dialectOf(family, given),
      },
    };
  } catch (error) {
    if (!(error instanceof ZkmsError)) throw error;
    throw errorAt(file, error);
  }
}
