import {
  arch,
  freemem,
  homedir,
  hostname,
  type as osType,
  release,
  tmpdir,
  totalmem,
} from "node:os";
import type { Sid } from "../core/base/ids.ts";
import type { EnsembleConfig } from "../core/quorum/config.ts";
import { digestOf } from "../core/server/authentication.ts";
import { Peer } from "../core/server/peer.ts";
import type { Ms } from "./api-controls.ts";
import { hashOf } from "./login-settings.ts";
import type { ResolvedOptions } from "./options.ts";

/** What a peer says its version is: the release whose answers it gives, and whose they are. */
const versions = {
  "3.8": "3.8.0-zookeeper-memory-server, built on 2026-01-01 00:00 UTC",
  "3.9": "3.9.5-zookeeper-memory-server, built on 2026-01-01 00:00 UTC",
} as const;

export interface PeerBirth {
  readonly sid: Sid;
  readonly config: EnsembleConfig;
  /** Read whenever somebody asks for it, for a reconfiguration may move it; −1: none. */
  readonly clientPort: number;
  readonly secureClientPort?: number | undefined;
  readonly options: ResolvedOptions;
  /** With false one voter is a quorum, which others may join. Default true: it runs standalone. */
  readonly standaloneEnabled?: boolean;
  readonly wallOffset: Ms;
  /** undefined: memory. */
  readonly dataDir: string | undefined;
  /** Default: `dataDir`. */
  readonly dataLogDir?: string | undefined;
}

/** A peer at the beginning of one of its lives. */
export function makePeer(birth: PeerBirth): Peer {
  const { sid, config, secureClientPort, options, wallOffset, dataDir } = birth;
  const { standaloneEnabled = true } = birth;
  const { tickTime, initLimit, syncLimit, emulate, superUser, fourLetterWords } = options;
  const { settings, saslUsers } = options;
  const version = versions[emulate];
  const hash = hashOf(settings.logins);
  const { skipAcl } = settings;
  const { allowSaslFailedClients, anySaslUserId, ensembleNames, digestEnabled } = settings.logins;
  return new Peer({
    sid,
    config,
    standaloneEnabled,
    timing: { tickTime, initLimit, syncLimit },
    prepare: {
      ttlNodes: options.ttlNodes,
      skipAcl,
      anySaslUserId,
      reconfigEnabled: options.reconfig,
      votersMin: standaloneEnabled ? 2 : 1,
      emulate,
      digest: true,
      enforceQuota: settings.enforceQuota,
      aclSchemes: aclSchemesOf(options),
      juteMaxBuffer: options.juteMaxBuffer,
    },
    sasl: saslUsers && { users: saslUsers, seed: `${options.seed}/sasl/${sid}/${wallOffset}` },
    reaping: settings.reaping,
    readOnlyMode: options.readOnlyMode,
    localSessions: options.localSessions,
    superIds: settings.superIds,
    globalOutstandingLimit: settings.limits.globalOutstandingLimit,
    connectionThrottle: settings.limits.connectionThrottle,
    requestThrottle: settings.limits.requestThrottle,
    syncLimits: settings.limits.syncs,
    initialCounter: settings.initialCounter,
    ...(settings.requiredSchemes !== undefined && { requiredSchemes: settings.requiredSchemes }),
    skipAcl,
    anySaslUserId,
    minSessionTimeout: options.minSessionTimeout,
    maxSessionTimeout: options.maxSessionTimeout,
    emulate,
    wallOffset,
    hash,
    digestEnabled,
    allowSaslFailedClients,
    ensembleNames,
    superDigest:
      settings.superDigest ??
      (superUser && digestOf(`${superUser.id}:${superUser.password}`, hash)),
    snapCount: options.snapCount,
    fourLetterWords: fourLetterWords === "*" ? "*" : new Set(fourLetterWords),
    about: {
      version,
      get clientPort(): number {
        return birth.clientPort;
      },
      secureClientPort,
      dataDir: dataDir ?? "(memory)",
      dataLogDir: birth.dataLogDir,
      maxClientCnxns: options.maxClientCnxns,
      muteIntervalMs: settings.muteIntervalMs,
      /** Asking the system takes half a millisecond, and hardly anybody reads it. */
      get environment(): readonly (readonly [string, string])[] {
        return environmentOf(version);
      },
    },
  });
}

/** Schemes that may stand in an ACL, besides world and auth. */
function aclSchemesOf({ saslUsers, tls, settings }: ResolvedOptions): ReadonlySet<string> {
  const schemes = new Set(["ip"]);
  if (settings.logins.digestEnabled) schemes.add("digest");
  if (saslUsers !== undefined) schemes.add("sasl");
  if (tls !== undefined) schemes.add("x509");
  return schemes;
}

/** The keys of Apache's `envi` with what is their like here. */
const environmentOf = (version: string): (readonly [string, string])[] => [
  ["zookeeper.version", version],
  ["host.name", hostname()],
  ["java.version", process.version],
  ["java.vendor", "Node.js"],
  ["java.home", process.execPath],
  ["java.class.path", ""],
  ["java.library.path", ""],
  ["java.io.tmpdir", tmpdir()],
  ["java.compiler", "<NA>"],
  ["os.name", osType()],
  ["os.arch", arch()],
  ["os.version", release()],
  ["user.name", ""],
  ["user.home", homedir()],
  ["user.dir", process.cwd()],
  ["os.memory.free", inMegabytes(freemem())],
  ["os.memory.max", inMegabytes(totalmem())],
  ["os.memory.total", inMegabytes(totalmem())],
];

const inMegabytes = (bytes: number): string => `${Math.floor(bytes / 1_048_576)}MB`;
