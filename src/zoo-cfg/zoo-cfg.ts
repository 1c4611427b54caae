import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { basename, join } from "node:path";
import { type Sid, sidOf } from "../core/base/ids.ts";
import { reasonsOf } from "../core/base/reasons.ts";
import {
  type ClientAddress,
  clientAddressOf,
  type EnsembleConfig,
  hasPortsInRange,
  hasTwoPorts,
  memberOf,
  parseConfig,
  portMax,
  votersOf,
} from "../core/quorum/config.ts";
import { codeOf, ZkmsError } from "../ensemble/errors.ts";
import { type Property, parseProperties } from "./java-properties.ts";
import { flawOf, meantBy } from "./typed-keys.ts";

/** What a zoo.cfg and the files it leads to say about one peer, in Apache's meaning (`QuorumPeerConfig`). */
export interface ZooCfg {
  readonly file: string;
  readonly sid: Sid;
  /** undefined: a standalone server. */
  readonly members: EnsembleConfig | undefined;
  /** With false one server is a quorum, which others may join. */
  readonly standaloneEnabled: boolean;
  /** The servers stand in a file of their own. */
  readonly isDynamic: boolean;
  /** Where clients connect; undefined: nowhere. */
  readonly client: Listening | undefined;
  /** Where those connect that speak TLS; undefined: nowhere. */
  readonly secureClient: Listening | undefined;
  readonly dataDir: string;
  readonly dataLogDir: string;
  /** The peer listens to its fellows on every address, not on the one that they know. */
  readonly quorumListenOnAllIPs: boolean;
  /** undefined: peers do not authenticate each other. */
  readonly quorumAuth: QuorumAuthKeys | undefined;
  /** Every other key, those of the JVM included. */
  readonly keys: ReadonlyMap<string, string>;
  /** What is not as the file's author may think, a sentence each. */
  readonly warnings: readonly string[];
}

/** How peers authenticate each other: whoever dials is the learner, whoever accepts the server. */
export interface QuorumAuthKeys {
  readonly learnerRequires: boolean;
  readonly serverRequires: boolean;
  /** Sections of the login configuration. */
  readonly learnerSection: string;
  readonly serverSection: string;
  /** Of Kerberos: as whom the others are known; `_HOST` stands for their host. */
  readonly servicePrincipal: string;
}

export interface Listening {
  /** undefined: every address. */
  readonly host: string | undefined;
  readonly port: number;
}

/**
 * Reads a configuration file, the dynamic one that it names, and myid. `jvm` are the properties that stand in the command line,
 * without their "zookeeper."; the file's own keys win over them. Throws ZKMS_BAD_OPTIONS with the file and the line.
 */
export function readZooCfg(file: string, jvm: ReadonlyMap<string, string> = new Map()): ZooCfg {
  const written = new Entries(file);
  const warnings: string[] = [];
  const dataDir = written.take("dataDir") ?? written.lacks("dataDir");
  const dynamicFile = written.take("dynamicConfigFile");
  const inline = written.takeAll(isMembership);
  if (dynamicFile !== undefined && inline.length > 0) {
    written.bad(inline[0], "belongs into the dynamic configuration file");
  }
  const named = serversOf(
    dynamicFile === undefined
      ? { file, entries: inline }
      : { file: dynamicFile, entries: new Entries(dynamicFile).takeAll(() => true) },
    { multiAddress: jvm.get("multiAddress.enabled") },
  );
  const standaloneEnabled = written.flag("standaloneEnabled", true);
  const isQuorum = isQuorumOf(named, { file: dynamicFile ?? file, standaloneEnabled, warnings });
  const myid = readMyid(dataDir, isQuorum);
  const own = myid === undefined ? undefined : memberOf(named, myid);
  if (isQuorum) {
    if (own === undefined) {
      throw refusal(join(dataDir, "myid"), `${myid} is no server of ${dynamicFile ?? file}`);
    }
    for (const key of ["initLimit", "syncLimit"]) if (!written.has(key)) written.lacks(key);
  }
  const peerType = written.take("peerType")?.toLowerCase();
  if (isQuorum && own !== undefined && (peerType ?? "participant") !== own.role) {
    warnings.push(`server.${myid} is a ${own.role} by its line, which counts, not by peerType`);
  }
  const client = clientOf(written, own && clientAddressOf(own));
  const secureClient = secureClientOf(written);
  const dataLogDir = written.take("dataLogDir") ?? dataDir;
  const quorumListenOnAllIPs = written.flag("quorumListenOnAllIPs", false);
  const quorumAuth = quorumAuthOf(written);
  const keys = new Map([...jvm, ...written.rest()]);
  return {
    file,
    sid: isQuorum && myid !== undefined ? myid : sidOf(1),
    members: isQuorum ? named : undefined,
    standaloneEnabled,
    isDynamic: dynamicFile !== undefined,
    client,
    secureClient,
    dataDir,
    dataLogDir,
    quorumListenOnAllIPs,
    quorumAuth: isQuorum ? quorumAuth : undefined,
    keys,
    warnings,
  };
}

/** A standalone server by arguments: client port, data directory, tickTime, connections of one address. */
export function standaloneCfg(
  [portText = "", dataDir = "", tickTime, maxClientCnxns]: readonly string[],
  jvm: ReadonlyMap<string, string>,
): ZooCfg {
  const file = "the command line";
  const port = portIn(portText);
  if (port === undefined) throw refusal(file, `${JSON.stringify(portText)} is no client port`);
  const keys = new Map(jvm);
  if (tickTime !== undefined) keys.set("tickTime", tickTime);
  if (maxClientCnxns !== undefined) keys.set("maxClientCnxns", maxClientCnxns);
  return {
    file,
    sid: sidOf(1),
    members: undefined,
    standaloneEnabled: true,
    isDynamic: false,
    client: { host: undefined, port },
    secureClient: undefined,
    dataDir,
    dataLogDir: dataDir,
    quorumListenOnAllIPs: false,
    quorumAuth: undefined,
    keys,
    warnings: [],
  };
}

const isMembership = (key: string): boolean => /^(server\.|group|weight)/.test(key);

interface ServerLines {
  readonly file: string;
  readonly entries: readonly Property[];
}

/** The servers of either file; none where nothing is said of any. */
function serversOf(
  { file, entries }: ServerLines,
  { multiAddress }: { multiAddress: string | undefined },
): EnsembleConfig {
  const lines = entries.map((entry) => {
    const where = at(file, entry);
    const text = `${entry.key}=${entry.value}`;
    if (entry.key === "version") throw refusal(where, "a version has no place here");
    const [member] = understood(text, where, { isPart: true }).members;
    if (member === undefined) return text;
    if (!hasPortsInRange(member)) throw refusal(where, `${text} has a port beyond ${portMax}`);
    if (!hasTwoPorts(member)) throw refusal(where, `${text} has one port for two things`);
    if (member.moreAddresses !== undefined && multiAddress?.toLowerCase() !== "true") {
      const why = "Apache takes several addresses only with -Dzookeeper.multiAddress.enabled=true";
      throw refusal(where, `${text}: ${why}`);
    }
    return text;
  });
  // A dynamic file's version is the hexadecimal end of its name.
  const [, version] = /\.([0-9a-fA-F]+)$/.exec(basename(file)) ?? [];
  if (version !== undefined && lines.length > 0) lines.push(`version=${version}`);
  return understood(lines.join("\n"), file);
}

/** Else one server stands alone. */
function isQuorumOf(
  config: EnsembleConfig,
  {
    file,
    standaloneEnabled,
    warnings,
  }: { file: string; standaloneEnabled: boolean; warnings: string[] },
): boolean {
  const voters = votersOf(config).length;
  const observers = config.members.length - voters;
  if (voters === 0) {
    if (observers > 0) throw refusal(file, "there is no participant among the servers");
    if (!standaloneEnabled) throw refusal(file, "standaloneEnabled is false, and no server named");
    return false;
  }
  if (voters > 1 || !standaloneEnabled) {
    if (voters === 2) warnings.push("two servers tolerate the failure of none, a third would help");
    return true;
  }
  if (observers > 0) throw refusal(file, "observers need at least two participants");
  warnings.push("one server alone runs standalone, its line counts for where clients connect only");
  return false;
}

function understood(text: string, where: string, part?: { isPart: boolean }): EnsembleConfig {
  try {
    return parseConfig(text, part);
  } catch (error) {
    throw new ZkmsError("ZKMS_BAD_OPTIONS", `${where}: ${reasonsOf(error)}`, {
      hint: "server.1=host:2888:3888;2181",
    });
  }
}

/** The number in the first line, where there may be no blank; undefined: no file, which a server alone does not need. */
function readMyid(dataDir: string, isNeeded: boolean): Sid | undefined {
  const file = join(dataDir, "myid");
  if (!isNeeded && !existsSync(file)) return undefined;
  const text = contentOf(file, "a file that holds the N of this server's own server.N");
  const [line = ""] = text.split(/\r\n|\r|\n/, 1);
  if (!/^\+?\d{1,15}$/.test(line) || Number(line) > 255) {
    throw refusal(file, `${JSON.stringify(line)} is no number of a server, 1 to 255`);
  }
  return sidOf(Number(line));
}

/**
 * What the peer's own line says behind its semicolon, else clientPort. A clientPort must not contradict the line, nor an address
 * that is not every one (QuorumPeerConfig.setupClientPort); whether a name stands for another's address is not asked.
 */
function clientOf(written: Entries, ofLine: ClientAddress | undefined): Listening | undefined {
  const host = written.take("clientPortAddress");
  const port = written.port("clientPort");
  if (port === undefined && host !== undefined) written.lacks("clientPort");
  if (ofLine === undefined) return port === undefined ? undefined : { host, port };
  const isElsewhere =
    host !== undefined &&
    !isWildcard(host) &&
    host !== ofLine.host &&
    isIP(host) > 0 &&
    isIP(ofLine.host) > 0;
  if (port !== undefined && (port !== ofLine.port || isElsewhere)) {
    const own = host === undefined ? String(port) : `${host}:${port}`;
    const lines = isElsewhere ? `${ofLine.host}:${ofLine.port}` : String(ofLine.port);
    throw refusal(written.file, `clientPort is ${own}, the server's line says ${lines}`);
  }
  return { host: isWildcard(ofLine.host) ? undefined : ofLine.host, port: ofLine.port };
}

function secureClientOf(written: Entries): Listening | undefined {
  const host = written.take("secureClientPortAddress");
  const port = written.port("secureClientPort");
  if (port === undefined) return host === undefined ? undefined : written.lacks("secureClientPort");
  return { host: host === undefined || isWildcard(host) ? undefined : host, port };
}

const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "::";

/** Each key needs the one before it. */
function quorumAuthOf(written: Entries): QuorumAuthKeys | undefined {
  const [enabled, learnerRequires, serverRequires] = (
    ["enableSasl", "learnerRequireSasl", "serverRequireSasl"] as const
  ).map((key) => written.flag(`quorum.auth.${key}`, false)) as [boolean, boolean, boolean];
  if (!enabled && (learnerRequires || serverRequires)) {
    throw refusal(written.file, "a quorum.auth key requires SASL, and enableSasl is not true");
  }
  if (serverRequires && !learnerRequires) {
    const what = "quorum.auth.serverRequireSasl is true, and learnerRequireSasl is not";
    throw refusal(written.file, what);
  }
  const learnerSection = written.take("quorum.auth.learner.saslLoginContext") ?? "QuorumLearner";
  const serverSection = written.take("quorum.auth.server.saslLoginContext") ?? "QuorumServer";
  const servicePrincipal =
    written.take("quorum.auth.kerberos.servicePrincipal") ?? "zkquorum/localhost";
  if (!enabled) return undefined;
  return { learnerRequires, serverRequires, learnerSection, serverSection, servicePrincipal };
}

/** A file's entries; those that were taken are not among the rest. */
class Entries {
  readonly file: string;
  readonly #left: Map<string, Property>;

  constructor(file: string) {
    this.file = file;
    this.#left = new Map();
    for (const read of parseProperties(contentOf(file))) {
      const key = read.key.trim();
      const entry = { ...read, key };
      const flaw = flawOf(key, entry.value.trim());
      if (flaw !== undefined) this.bad(entry, flaw);
      const value = meantBy(key, entry.value);
      if (value === undefined) this.#left.delete(key);
      else this.#left.set(key, { ...entry, value });
    }
  }

  has(key: string): boolean {
    return this.#left.has(key);
  }

  take(key: string): string | undefined {
    const entry = this.#left.get(key);
    this.#left.delete(key);
    return entry?.value.trim();
  }

  takeAll(isWanted: (key: string) => boolean): Property[] {
    const taken = [...this.#left.values()].filter(({ key }) => isWanted(key));
    for (const { key } of taken) this.#left.delete(key);
    return taken;
  }

  port(key: string): number | undefined {
    const entry = this.#left.get(key);
    const text = this.take(key);
    if (text === undefined) return undefined;
    return portIn(text) ?? this.bad(entry, "is no port, 0 to 65535");
  }

  flag(key: string, fallback: boolean): boolean {
    const text = this.take(key); // what is neither true nor false was refused when the file was read
    return text === undefined ? fallback : text.toLowerCase() === "true";
  }

  *rest(): Iterable<readonly [string, string]> {
    for (const [key, { value }] of this.#left) yield [key, value.trim()];
  }

  lacks(key: string): never {
    throw refusal(this.file, `${key} is not set`);
  }

  bad(entry: Property | undefined, what: string): never {
    if (entry === undefined) throw refusal(this.file, what);
    throw refusal(at(this.file, entry), `${entry.key}=${entry.value} ${what}`);
  }
}

function portIn(text: string): number | undefined {
  const port = /^\+?\d{1,9}$/.test(text) ? Number(text) : Infinity;
  return port <= portMax ? port : undefined;
}

const at = (file: string, { line }: Property): string => `${file}:${line}`;

const refusal = (where: string, what: string): ZkmsError =>
  new ZkmsError("ZKMS_BAD_OPTIONS", `${where}: ${what}`);

/** Throws ZKMS_BAD_OPTIONS with the file. */
export function contentOf(file: string, hint?: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ZkmsError("ZKMS_BAD_OPTIONS", `${file} cannot be read`, {
      why: String(codeOf(error) ?? error),
      hint,
      cause: error,
    });
  }
}
