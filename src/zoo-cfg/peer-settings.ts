import { standingOf } from "../ensemble/config-keys.ts";
import { errorAt, ZkmsError } from "../ensemble/errors.ts";
import { linkKeys } from "../ensemble/link-security.ts";
import { type ResolvedOptions, resolveOptions } from "../ensemble/options.ts";
import { randomHex } from "../runtime/machine-time.ts";
import type { TlsKeys } from "../runtime/tls-gate.ts";
import { isSecurePortKey } from "./secure-port.ts";
import type { Listening, ZooCfg } from "./zoo-cfg.ts";

/** How one peer runs, apart from where it lives and whom it knows. */
export interface PeerSettings {
  readonly options: ResolvedOptions;
  /** forceSync: an ack waits for the disk. */
  readonly fsync: boolean;
  /** datadir.autocreate: folders that are missing are made, for a peer that has never been. */
  readonly makesFolders: boolean;
  /** undefined: no AdminServer. */
  readonly admin: Listening | undefined;
  readonly warnings: readonly string[];
}

/** What Apache takes where a file is silent and an ensemble of ours takes something else. */
const apacheDefaults: Readonly<Record<string, string>> = {
  tickTime: "3000",
  maxClientCnxns: "60",
  extendedTypesEnabled: "false",
  "4lw.commands.whitelist": "srvr",
  localSessionsEnabled: "false",
  reconfigEnabled: "false",
};
const ticksOfSessionMax = 20;
const adminPort = 8080;

/** What is said of a key that has no effect, by the standing it has. */
const remarks = {
  moot: "has no effect here",
  lacking: "is not supported and has no effect",
  unknown: "is no key of ZooKeeper's and has no effect",
} as const;

export function settle(
  { file, keys }: ZooCfg,
  saslUsers: Readonly<Record<string, string>> | undefined,
  tls?: TlsKeys,
): PeerSettings {
  const warnings: string[] = [];
  const config = new Map(Object.entries(apacheDefaults));
  const admin = adminOf(keys);
  for (const [written, value] of keys) {
    const key = written.replace(/^zookeeper\./, "");
    if (silent(key, value)) continue;
    const standing = standingOf(key);
    if (standing !== "unknown") config.set(key, value);
    if (standing !== "works") warnings.push(`${written} ${remarks[standing]}`);
    if (standing === "lacking") config.delete(key);
  }
  if (!config.has("maxSessionTimeout")) {
    const tickTime = Number(config.get("tickTime"));
    if (Number.isInteger(tickTime)) {
      config.set("maxSessionTimeout", String(tickTime * ticksOfSessionMax));
    }
  }
  try {
    const options = resolveOptions(
      {
        peers: 1,
        superUser: false,
        config: Object.fromEntries(config),
        ...(tls !== undefined && { tls: pick(tls) }),
        ...(saslUsers !== undefined && { sasl: { digest: saslUsers } }),
      },
      { seed: undefined, randomSeed: () => randomHex(8) },
    );
    const isOff = (key: string, no: string): boolean =>
      (keys.get(key) ?? keys.get(`zookeeper.${key}`))?.toLowerCase() === no;
    return {
      options,
      fsync: !isOff("forceSync", "no"),
      makesFolders: !isOff("datadir.autocreate", "false"),
      admin,
      warnings,
    };
  } catch (error) {
    if (!(error instanceof ZkmsError)) throw error;
    throw errorAt(file, error);
  }
}

const pick = ({ ca, cert, key, clientAuth }: TlsKeys) => ({ ca, cert, key, clientAuth });

const readElsewhere = new Set([
  "admin.enableServer",
  "admin.serverAddress",
  "admin.serverPort",
  "datadir.autocreate",
  "electionAlg",
  "forceSync",
  "log.dir",
  "log.file",
  "root.logger",
  "sasl.serverconfig",
]);

/** Apache's own schemes; whether there is one depends on other keys, which say so themselves. */
const schemeProviders: ReadonlySet<string> = new Set(
  ["Digest", "Ensemble", "IP", "SASL", "X509"].map(
    (scheme) => `org.apache.zookeeper.server.auth.${scheme}AuthenticationProvider`,
  ),
);

/** Read elsewhere, or nothing that anybody could miss. */
const silent = (key: string, value: string): boolean =>
  linkKeys.includes(key) ||
  (key.startsWith("authProvider.") && schemeProviders.has(value)) ||
  isSecurePortKey(key) ||
  readElsewhere.has(key) ||
  key.startsWith("jmx.");

function adminOf(keys: ReadonlyMap<string, string>): Listening | undefined {
  const value = (key: string): string | undefined =>
    keys.get(`admin.${key}`) ?? keys.get(`zookeeper.admin.${key}`);
  if (value("enableServer")?.toLowerCase() === "false") return undefined;
  const host = value("serverAddress");
  return {
    host: host === "0.0.0.0" ? undefined : host,
    port: Number(value("serverPort") ?? adminPort),
  };
}
