import { join } from "node:path";
import { sidOf } from "../core/base/ids.ts";
import { digestOf } from "../core/server/authentication.ts";
import type { ApacheEngine } from "../ensemble/api.ts";
import { hashOf } from "../ensemble/login-settings.ts";
import type { ResolvedOptions, ResolvedPeer } from "../ensemble/options.ts";
import { type Gates, inside } from "./gates.ts";
import { loginFile } from "./login-file.ts";
import type { ServerPlan } from "./server-process.ts";

/** Where a process listens; clients and other processes come by proxies. */
export interface PeerPorts {
  readonly client: number;
  readonly quorum: number;
  readonly election: number;
  readonly admin: number | undefined;
}

/** The words by which this package itself looks at a server. */
const ownWords = ["srvr", "mntr", "dump", "cons"];

/** The name of the file with the users of SASL. */
const logins = "jaas.conf";

/** What becomes of an ensemble's options in zoo.cfg and on Java's command line. */
export function serverPlan(
  peer: ResolvedPeer,
  around: {
    readonly options: ResolvedOptions;
    readonly engine: ApacheEngine;
    readonly ports: PeerPorts;
    readonly gates: Gates;
    readonly dir: string;
  },
): ServerPlan {
  const { options, engine, ports, gates } = around;
  const dir = join(around.dir, `peer-${peer.id}`);
  const { saslUsers } = options;
  const isAlone = options.peers.length === 1;
  return {
    dir,
    files: saslUsers === undefined ? {} : { [logins]: loginFile(saslUsers) },
    host: inside,
    myid: isAlone ? undefined : peer.id,
    clientPort: ports.client,
    settings: {
      tickTime: options.tickTime,
      clientPort: ports.client,
      clientPortAddress: inside,
      minSessionTimeout: options.minSessionTimeout,
      maxSessionTimeout: options.maxSessionTimeout,
      maxClientCnxns: options.maxClientCnxns,
      ...(options.localSessions !== undefined && {
        localSessionsEnabled: true,
        localSessionsUpgradingEnabled: options.localSessions.upgrading,
      }),
      ...(isAlone ? {} : quorumSettings(peer, options, { ports, gates })),
      ...configLines(options, (key) => zooCfgKeys.has(key)),
    },
    properties: {
      "zookeeper.extendedTypesEnabled": options.ttlNodes,
      "zookeeper.snapCount": options.snapCount,
      "jute.maxbuffer": options.juteMaxBuffer,
      "zookeeper.forceSync": "no", // as with our memory storage, a crash of the machine is no part of a test
      "readonlymode.enabled": options.readOnlyMode,
      "zookeeper.4lw.commands.whitelist": words(options),
      "zookeeper.admin.enableServer": ports.admin !== undefined,
      ...(ports.admin !== undefined && {
        "zookeeper.admin.serverPort": ports.admin,
        "zookeeper.admin.serverAddress": options.host,
      }),
      ...(options.superUser !== undefined && {
        "zookeeper.DigestAuthenticationProvider.superDigest": digestOf(
          `${options.superUser.id}:${options.superUser.password}`,
          hashOf(options.settings.logins),
        ),
      }),
      ...(saslUsers !== undefined && {
        "java.security.auth.login.config": join(dir, logins),
        "zookeeper.authProvider.sasl":
          "org.apache.zookeeper.server.auth.SASLAuthenticationProvider",
      }),
      ...(options.settings.logins.ensembleNames !== undefined && {
        "zookeeper.authProvider.ensemble":
          "org.apache.zookeeper.server.auth.EnsembleAuthenticationProvider",
      }),
      ...Object.fromEntries(
        Object.entries(configLines(options, (key) => !zooCfgKeys.has(key))).flatMap(
          ([key, value]) => [
            [key, value],
            [`zookeeper.${key}`, value], // some names have the prefix and some have not
          ],
        ),
      ),
    },
    jvmArgs: engine.jvmArgs ?? [],
  };
}

/** Keys that only the file can set; all others are system properties as well. */
const zooCfgKeys: ReadonlySet<string> = new Set([
  "autopurge.purgeInterval",
  "autopurge.snapRetainCount",
  "clientPortListenBacklog",
  "connectToLearnerMasterLimit",
  "localSessionsUpgradingEnabled",
  "quorumListenOnAllIPs",
  "standaloneEnabled",
  "syncEnabled",
]);

/** Switches that say yes and no where others say true and false. */
const yesOrNo: ReadonlySet<string> = new Set(["forceSync", "leaderServes", "skipACL"]);

function configLines(
  { config }: ResolvedOptions,
  isWanted: (key: string) => boolean,
): Record<string, string | number | boolean> {
  const entries = Object.entries(config).map(
    ([key, value]) =>
      [
        key,
        yesOrNo.has(key) && typeof value === "boolean" ? (value ? "yes" : "no") : value,
      ] as const,
  );
  return Object.fromEntries(entries.filter(([key]) => isWanted(key)));
}

/** The server itself by the ports it listens on, every other one by the proxies that lead there from here. */
function quorumSettings(
  peer: ResolvedPeer,
  { peers, initLimit, syncLimit }: ResolvedOptions,
  { ports, gates }: { readonly ports: PeerPorts; readonly gates: Gates },
): Record<string, string | number> {
  const settings: Record<string, string | number> = { initLimit, syncLimit };
  if (peer.type === "observer") settings["peerType"] = "observer";
  const groups = new Map<number, number[]>();
  for (const { id, type, weight, group } of peers) {
    const port = (channel: "quorum" | "election"): number =>
      id === peer.id ? ports[channel] : gates.port(sidOf(peer.id), sidOf(id), channel);
    settings[`server.${id}`] = `${inside}:${port("quorum")}:${port("election")}:${type}`;
    if (group === undefined) continue;
    groups.set(group, [...(groups.get(group) ?? []), id]);
    settings[`weight.${id}`] = weight;
  }
  for (const [group, ids] of groups) settings[`group.${group}`] = ids.join(":");
  return settings;
}

const words = ({ fourLetterWords }: ResolvedOptions): string =>
  fourLetterWords === "*" ? "*" : [...new Set([...fourLetterWords, ...ownWords])].join(",");
