import { counterMax } from "../core/base/ids.ts";
import type { Id } from "../core/protocol/records.ts";
import { defaultReapTiming, type ReapTiming } from "../core/server/reaper.ts";
import { badOption, Given, show, unsupportedOption } from "./given.ts";
import { isOfLackingFamily, lackingKeys, mootKeys } from "./idle-keys.ts";
import { type LimitSettings, limitKeys, limitsOf } from "./limit-settings.ts";
import { linkKeys } from "./link-security.ts";
import { type LoginSettings, loginKeys, loginsOf } from "./login-settings.ts";
import { portMax } from "./port-options.ts";

/** What Apache's keys set and no option of ours has a name for. */
export interface Settings {
  readonly enforceQuota: boolean;
  readonly skipAcl: boolean;
  /** The digest id of the super user, in place of the option's; undefined: the option counts. */
  readonly superDigest: string | undefined;
  readonly reaping: ReapTiming;
  /** Ids of a scheme that are super users. */
  readonly superIds: readonly Id[];
  /** A connection needs an id of one of these; undefined: none. */
  readonly requiredSchemes: ReadonlySet<string> | undefined;
  /** undefined: not said. */
  readonly localSessionsUpgrading: boolean | undefined;
  /** Connections to one peer; 0: no limit. */
  readonly maxCnxns: number;
  /** A silent connection is closed at the end of one of these. */
  readonly muteIntervalMs: number;
  /** How often a peer tries an election port that somebody else has. */
  readonly electionPortTries: number;
  /** The counter behind which the transactions of an epoch begin. */
  readonly initialCounter: number;
  readonly limits: LimitSettings;
  readonly logins: LoginSettings;
  /** Of TLS between peers, as they were given. */
  readonly links: ReadonlyMap<string, string>;
  /** Of TLS, the first peer's; 0: an ephemeral one. */
  readonly securePort: number;
  readonly files: FileSettings;
}

/** About a peer's files. */
export interface FileSettings {
  /** Kilobytes of room made in a log at once. Default 1024, where Apache's is 65 536. */
  readonly preAllocSize: number;
  /** undefined: all of them. */
  readonly snapshotsKept: number | undefined;
  /** Logs without a snapshot are believed to begin at the beginning. */
  readonly trustEmpty: boolean;
}

/** What becomes of a key: it fills one of our options, it is a setting, it means nothing here, or it asks for what we lack. */
type Fate =
  | { readonly option: string; readonly as?: "words" }
  | "setting"
  | "moot"
  | { readonly hint: string | undefined };

const lacking: Fate = { hint: undefined };
const elsewhere = (hint: string): Fate => ({ hint });

/** zoo.cfg keys and system properties, without their "zookeeper." in front; those that Apache knows and this table does not are refused. */
const fates: Readonly<Record<string, Fate>> = {
  tickTime: { option: "tickTime" },
  initLimit: { option: "initLimit" },
  syncLimit: { option: "syncLimit" },
  minSessionTimeout: { option: "minSessionTimeout" },
  maxSessionTimeout: { option: "maxSessionTimeout" },
  maxClientCnxns: { option: "maxClientCnxns" },
  clientPort: { option: "clientPort" },
  clientPortAddress: { option: "host" },
  snapCount: { option: "snapCount" },
  "jute.maxbuffer": { option: "juteMaxBuffer" },
  extendedTypesEnabled: { option: "ttlNodes" },
  "4lw.commands.whitelist": { option: "fourLetterWords", as: "words" },
  reconfigEnabled: { option: "reconfig" },
  localSessionsEnabled: { option: "localSessions" },
  "readonlymode.enabled": { option: "readOnlyMode" },
  "admin.enableServer": { option: "admin" },

  "autopurge.snapRetainCount": "setting",
  "autopurge.purgeInterval": "setting",
  enforceQuota: "setting",
  preAllocSize: "setting",
  "snapshot.trust.empty": "setting",
  skipACL: "setting",
  "DigestAuthenticationProvider.superDigest": "setting",
  "X509AuthenticationProvider.superUser": "setting",
  superUser: "setting",
  sessionRequireClientSASLAuth: "setting",
  "enforce.auth.enabled": "setting",
  "enforce.auth.schemes": "setting",
  localSessionsUpgradingEnabled: "setting",
  maxCnxns: "setting",
  "nio.sessionlessCnxnTimeout": "setting",
  electionPortBindRetry: "setting",
  "testingonly.initialZxid": "setting",
  ...Object.fromEntries(limitKeys.map((key) => [key, "setting" as const])),
  ...Object.fromEntries(loginKeys.map((key) => [key, "setting" as const])),
  "znode.container.checkIntervalMs": "setting",
  "znode.container.maxPerMinute": "setting",
  "znode.container.maxNeverUsedIntervalMs": "setting",

  secureClientPort: "setting",
  ...Object.fromEntries(linkKeys.map((key) => [key, "setting" as const])),

  "admin.serverPort": elsewhere("admin: { port: 8080 }"),
  dataDir: elsewhere("storage"),
  dataLogDir: elsewhere("storage"),
  peerType: elsewhere("observers, or peers: [{ type: … }]"),
  ...Object.fromEntries(mootKeys.map((key) => [key, "moot" as const])),
  ...Object.fromEntries(lackingKeys.map((key) => [key, lacking])),
};

/** What becomes of a key: "lacking" is known to Apache and not built here, "unknown" is known to nobody. */
export function standingOf(key: string): "works" | "moot" | "lacking" | "unknown" {
  const fate = fates[key];
  if (fate === undefined) return isOfLackingFamily(key) ? "lacking" : "unknown";
  if (fate === "moot") return "moot";
  return fate === "setting" || "option" in fate ? "works" : "lacking";
}

/**
 * Splits `config` into our options, to be checked as if they were given by their own names, and settings; `keys` are those that
 * no option stands for. With `takesAll`, as by Apache itself, no known key is refused for being unsupported.
 */
export function readConfig(
  given: Given,
  { takesAll }: { readonly takesAll: boolean },
): {
  readonly options: ReadonlyMap<string, unknown>;
  readonly settings: Settings;
  readonly keys: Readonly<Record<string, string | number | boolean>>;
} {
  const config = new Given("config", withoutPrefix(given.value("config") ?? {}), {
    names: Object.keys(fates),
  });
  const options = new Map<string, unknown>();
  const keys: Record<string, string | number | boolean> = {};
  for (const [key, fate] of Object.entries(fates)) {
    const value = config.value(key);
    if (value === undefined) continue;
    if (typeof fate === "string" || (takesAll && fate === lacking)) {
      if (isPlain(value)) keys[key] = value;
      continue;
    }
    if ("hint" in fate) throw unsupportedOption(config.name(key), value, fate.hint);
    const wanted = fate.as === "words" ? wordsOf(value) : value;
    const own = given.value(fate.option);
    if (own !== undefined && show(own) !== show(wanted)) {
      throw badOption(config.name(key), value, `contradicts option ${fate.option}: ${show(own)}`);
    }
    options.set(fate.option, wanted);
  }
  return { options, settings: { ...settingsOf(config), links: linksOf(given) }, keys };
}

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** Passwords are texts, whatever they look like. */
function linksOf(given: Given): Settings["links"] {
  const entries = Object.entries(given.value("config") ?? {}).map(
    ([key, value]) => [key.replace(/^zookeeper\./, ""), String(value)] as const,
  );
  return new Map(entries.filter(([key]) => linkKeys.includes(key)));
}

function settingsOf(config: Given): Omit<Settings, "links"> {
  const key = "DigestAuthenticationProvider.superDigest";
  const interval = "znode.container.checkIntervalMs";
  const perMinute = "znode.container.maxPerMinute";
  const neverUsed = "znode.container.maxNeverUsedIntervalMs";
  const upgrading = "localSessionsUpgradingEnabled";
  const { checkIntervalMs, perMinuteMax, neverUsedMaxMs } = defaultReapTiming;
  return {
    enforceQuota: config.flag("enforceQuota", false),
    skipAcl: config.flag("skipACL", false),
    superDigest: config.value(key) === undefined ? undefined : config.text(key, ""),
    superIds: superIdsOf(config),
    requiredSchemes: requiredSchemesOf(config),
    localSessionsUpgrading:
      config.value(upgrading) === undefined ? undefined : config.flag(upgrading, false),
    maxCnxns: config.whole("maxCnxns", 0, { min: 0 }),
    muteIntervalMs: config.whole("nio.sessionlessCnxnTimeout", 10_000, { min: 1 }),
    electionPortTries: config.whole("electionPortBindRetry", 3, { min: 0 }) || Infinity,
    // At least one is left to an epoch: a start proves by it that a quorum commits. counterMax itself is given to none.
    initialCounter: config.whole("testingonly.initialZxid", 0, { min: 0, max: counterMax - 2 }),
    limits: limitsOf(config),
    logins: loginsOf(config),
    securePort: config.whole("secureClientPort", 0, { min: 0, max: portMax }),
    files: {
      preAllocSize: config.whole("preAllocSize", 1024, { min: 0 }),
      snapshotsKept: snapshotsKept(config),
      trustEmpty: config.flag("snapshot.trust.empty", false),
    },
    reaping: {
      checkIntervalMs: config.whole(interval, checkIntervalMs, { min: 1 }),
      perMinuteMax: config.whole(perMinute, perMinuteMax, { min: 1 }),
      neverUsedMaxMs: config.whole(neverUsed, neverUsedMaxMs, { min: 0 }),
    },
  };
}

/** Whatever the interval of the purges: files are purged when a snapshot adds to them (DatadirCleanupManager). */
function snapshotsKept(config: Given): number | undefined {
  const count = config.whole("autopurge.snapRetainCount", 3, { min: 3 });
  const interval = config.whole("autopurge.purgeInterval", 0, { min: 0 });
  return interval === 0 ? undefined : count;
}

function superIdsOf(config: Given): readonly Id[] {
  const keys = [
    ["superUser", "sasl"],
    ["X509AuthenticationProvider.superUser", "x509"],
  ] as const;
  return keys.flatMap(([key, scheme]) => {
    return config.value(key) === undefined ? [] : [{ scheme, id: config.text(key, "") }];
  });
}

/** AuthenticationHelper; the older key asks for sasl alone. */
function requiredSchemesOf(config: Given): ReadonlySet<string> | undefined {
  const schemes = new Set<string>();
  if (config.flag("sessionRequireClientSASLAuth", false)) schemes.add("sasl");
  if (config.flag("enforce.auth.enabled", false)) {
    for (const scheme of config.text("enforce.auth.schemes", "").split(",")) {
      schemes.add(scheme.trim());
    }
  }
  return schemes.size === 0 ? undefined : schemes;
}

/** Texts, whatever they look like: a password of digits keeps its zeros. */
const verbatim: ReadonlySet<string> = new Set([
  "SASLAuthenticationProvider.superPassword",
  "letAnySaslUserDoX",
  "ensembleAuthName",
]);

/** As in the file, where every value is text, and as in Java's properties, where most names begin with the product's. */
function withoutPrefix(config: unknown): unknown {
  if (typeof config !== "object" || config === null || Array.isArray(config)) return config;
  const entries = Object.entries(config).map(([name, value]) => {
    const key = name.replace(/^zookeeper\./, "");
    return [key, typeof value === "string" && !verbatim.has(key) ? parsed(value.trim()) : value];
  });
  return Object.fromEntries(entries);
}

function parsed(text: string): string | number | boolean {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (/^(true|yes)$/i.test(text)) return true;
  return /^(false|no)$/i.test(text) ? false : text;
}

/** A list in one text; "*" is all. */
function wordsOf(value: unknown): unknown {
  if (typeof value !== "string" || value.trim() === "*") return value;
  return value.split(",").map((word) => word.trim());
}
