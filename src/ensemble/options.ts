import { votersMax } from "../core/quorum/verifier.ts";
import { resolveSasl, resolveSuperUser, resolveTls } from "./access-options.ts";
import type { ApacheEngine, EnsembleOptions, PeerOptions } from "./api.ts";
import type { EnsembleEvent, LinkConditions, Ms, PeerId } from "./api-controls.ts";
import type { TlsChoice } from "./certificates.ts";
import { resolveConditions } from "./conditions.ts";
import { readConfig, type Settings } from "./config-keys.ts";
import { resolveEngine } from "./engine-option.ts";
import { badOption, Given, isWhole, unsupportedOption } from "./given.ts";
import { withSuperPassword } from "./login-settings.ts";
import {
  type ControlChoice,
  portMax,
  resolveAdmin,
  resolveControl,
  resolvePorts,
  resolveSecurePort,
} from "./port-options.ts";
import {
  memoryOnly,
  type ResolvedStorage,
  refuseStorage,
  resolveStorage,
} from "./storage-options.ts";

/** Every option of an ensemble, checked, with its default where none was given. */
export interface ResolvedOptions {
  /** Voters first, then observers; each in ascending order. */
  readonly peers: readonly ResolvedPeer[];
  /** undefined: embedded. */
  readonly apache: ApacheEngine | undefined;
  readonly name: string;
  readonly seed: string;
  readonly emulate: "3.8" | "3.9";
  readonly host: string;
  readonly advertisedHost: string;
  readonly peerLinks: "tcp" | "memory";
  readonly tickTime: Ms;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly minSessionTimeout: Ms;
  readonly maxSessionTimeout: Ms;
  readonly maxClientCnxns: number;
  readonly juteMaxBuffer: number;
  readonly snapCount: number;
  readonly clock: "real" | "manual";
  readonly network: LinkConditions | undefined;
  readonly superUser: { readonly id: string; readonly password: string } | undefined;
  /** Passwords by name; undefined: no SASL. */
  readonly saslUsers: ReadonlyMap<string, string> | undefined;
  /** undefined: no secure port. */
  readonly tls: TlsChoice | undefined;
  readonly readOnlyMode: boolean;
  /** undefined: every session is the quorum's. */
  readonly localSessions: { readonly upgrading: boolean } | undefined;
  readonly ttlNodes: boolean;
  readonly fourLetterWords: "*" | readonly string[];
  readonly reconfig: boolean;
  readonly settings: Settings;
  /** The keys themselves, as given. */
  readonly config: Readonly<Record<string, string | number | boolean>>;
  readonly timeouts: Timeouts;
  /** undefined: no control API; without a token, a random one; port 0: an ephemeral one. */
  readonly control: ControlChoice | undefined;
  readonly keepAlive: boolean;
  readonly onEvent: ((event: EnsembleEvent) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface ResolvedPeer {
  readonly id: PeerId;
  readonly type: "participant" | "observer";
  readonly weight: number;
  readonly group: number | undefined;
  /** 0: an ephemeral port. */
  readonly clientPort: number;
  /** 0: an ephemeral port; undefined: no AdminServer. */
  readonly adminPort: number | undefined;
  /** Of TLS; 0: an ephemeral port. */
  readonly securePort: number;
  readonly clockSkew: Ms;
  readonly storage: ResolvedStorage;
  readonly start: boolean;
}

/** What the options draw on besides what was given. */
export interface Surroundings {
  /** ZKMS_SEED. */
  readonly seed: string | undefined;
  /** ZKMS_ENGINE. */
  readonly engine?: string | undefined;
  readonly randomSeed: () => string;
}

/** A peer's number is the high byte of the session ids it makes. */
const idMax = 255;
/** The longest delay of a timer. */
const timeoutMax = 2 ** 31 - 1;

/** Names with a wrong value would be told by type in TypeScript; the lists are what JavaScript users are checked against. */
const optionNames: readonly (keyof EnsembleOptions)[] = [
  "peers",
  "observers",
  "name",
  "seed",
  "engine",
  "emulate",
  "host",
  "advertisedHost",
  "clientPort",
  "peerLinks",
  "tickTime",
  "initLimit",
  "syncLimit",
  "minSessionTimeout",
  "maxSessionTimeout",
  "maxClientCnxns",
  "juteMaxBuffer",
  "snapCount",
  "storage",
  "clock",
  "network",
  "superUser",
  "readOnlyMode",
  "ttlNodes",
  "reconfig",
  "localSessions",
  "sasl",
  "tls",
  "fourLetterWords",
  "admin",
  "control",
  "config",
  "timeouts",
  "keepAlive",
  "onEvent",
  "signal",
];
const peerOptionNames: readonly (keyof PeerOptions)[] = [
  "id",
  "type",
  "weight",
  "group",
  "clientPort",
  "clockSkew",
  "storage",
  "config",
  "start",
];
/** What people call our options: by other tools' names, and by Apache's in zoo.cfg. */
const aliases: Readonly<Record<string, string>> = {
  size: "peers",
  nodes: "peers",
  servers: "peers",
  instances: "peers",
  port: "clientPort",
  ports: "clientPort",
  serverId: "peers[].id",
  dataDir: "storage.dir",
  dataLogDir: "storage.dir",
  extendedTypesEnabled: "ttlNodes",
  reconfigEnabled: "reconfig",
  localSessionsEnabled: "localSessions",
  "readonlymode.enabled": "readOnlyMode",
  "4lw.commands.whitelist": "fourLetterWords",
  "jute.maxbuffer": "juteMaxBuffer",
  timeout: "timeouts",
  version: "emulate",
  readOnly: "readOnlyMode",
  users: "sasl.digest",
};

/** The options of `startEnsemble`; throws ZKMS_BAD_OPTIONS or ZKMS_UNSUPPORTED, naming the option. */
export function resolveOptions(options: unknown, around: Surroundings): ResolvedOptions {
  const named = new Given("", options, { names: optionNames, aliases });
  const apache = resolveEngine(named, around.engine);
  const config = readConfig(named, { takesAll: apache !== undefined });
  const given = named.completedBy(config.options);
  refuseUnsupported(given, apache);
  const tickTime = given.whole("tickTime", apache === undefined ? 100 : 500, { min: 1 });
  const host = given.text("host", "127.0.0.1");
  const minSessionTimeout = given.whole("minSessionTimeout", 2 * tickTime, { min: 1 });
  const maxSessionTimeout = given.whole("maxSessionTimeout", Math.max(60_000, minSessionTimeout), {
    min: 1,
  });
  if (maxSessionTimeout < minSessionTimeout) {
    throw given.bad("maxSessionTimeout", `is below minSessionTimeout, ${minSessionTimeout}`);
  }
  return {
    peers: resolvePeers(given, { apache, securePort: config.settings.securePort }),
    apache,
    name: given.text("name", "ensemble"),
    seed: resolveSeed(given, around),
    emulate: given.oneOf("emulate", "3.9", ["3.8", "3.9"]),
    host,
    advertisedHost: given.text("advertisedHost", host),
    peerLinks: given.oneOf("peerLinks", "tcp", ["tcp", "memory"]),
    tickTime,
    initLimit: given.whole("initLimit", 50, { min: 1 }),
    syncLimit: given.whole("syncLimit", 20, { min: 1 }),
    minSessionTimeout,
    maxSessionTimeout,
    maxClientCnxns: given.whole("maxClientCnxns", 0, { min: 0 }),
    juteMaxBuffer: given.whole("juteMaxBuffer", 1_048_575, { min: 1 }),
    snapCount: given.whole("snapCount", 100_000, { min: 2 }),
    clock: given.oneOf("clock", "real", ["real", "manual"]),
    network: resolveNetwork(given),
    superUser: resolveSuperUser(given),
    saslUsers: withSuperPassword(resolveSasl(given), config.settings.logins),
    tls: resolveTls(given),
    readOnlyMode: given.flag("readOnlyMode", false),
    localSessions: resolveLocalSessions(given, config.settings),
    ttlNodes: given.flag("ttlNodes", true),
    reconfig: given.flag("reconfig", apache === undefined),
    fourLetterWords: resolveWords(given),
    settings: config.settings,
    config: config.keys,
    timeouts: resolveTimeouts(given, apache === undefined ? embeddedTimeouts : apacheTimeouts),
    control: resolveControl(given),
    keepAlive: given.flag("keepAlive", false),
    onEvent: resolveListener(given),
    signal: resolveSignal(given),
  };
}

/** Options of the contract that this engine does not have; the value that asks for nothing passes. */
function refuseUnsupported(given: Given, engine: ApacheEngine | undefined): void {
  refuseStorage(given, engine);
  if (engine === undefined) return;
  const reconfig = given.value("reconfig");
  if (reconfig !== undefined && reconfig !== false) throw unsupportedOption("reconfig", reconfig);
}

/** Apache's keys are the same on every peer here. */
function refuseConfig(given: Given): void {
  const config = given.value("config");
  if (config === undefined) return;
  if (typeof config !== "object" || config === null) throw given.bad("config", "is no object");
  if (Object.keys(config).length > 0)
    throw unsupportedOption(given.name("config"), config, "config of the ensemble");
}

function resolveSeed(given: Given, around: Surroundings): string {
  const seed = given.value("seed") ?? around.seed ?? around.randomSeed();
  if (typeof seed === "number" && Number.isFinite(seed)) return String(seed);
  if (typeof seed === "string" && seed !== "") return seed;
  throw given.bad("seed", "is neither a number nor a text");
}

function resolvePeers(
  given: Given,
  { apache: engine, securePort }: { apache: ApacheEngine | undefined; securePort: number },
): readonly ResolvedPeer[] {
  const listed = given.list("peers");
  const observerCount = given.whole("observers", 0, { min: 0, max: idMax });
  const entries: unknown[] = listed !== undefined ? [...listed] : [];
  if (listed === undefined) {
    const count = given.value("peers") ?? 3;
    if (!isWhole(count, { min: 1, max: votersMax })) {
      throw given.bad("peers", `is neither a count from 1 to ${votersMax} nor a list of peers`);
    }
    for (let i = 0; i < count; i += 1) entries.push({});
  }
  const firstObserver = entries.length;
  for (let i = 0; i < observerCount; i += 1) entries.push({ type: "observer" });
  const ports = resolvePorts(given, entries.length);
  const adminPort = resolveAdmin(given, entries.length);
  const firstSecure = resolveSecurePort(given, securePort, entries.length);
  const storage = resolveStorage(given, "peers") ?? memoryOnly;
  const peers: ResolvedPeer[] = [];
  for (const [index, entry] of entries.entries()) {
    // An entry without an id takes its position; the observers of a count come after the highest id.
    const highest = Math.max(0, ...peers.map((peer) => peer.id));
    const place = {
      id: index < firstObserver ? index + 1 : highest + 1,
      port: ports[index] ?? 0,
      adminPort: adminPort === undefined || adminPort === 0 ? adminPort : adminPort + index,
      securePort: firstSecure === 0 ? 0 : firstSecure + index,
      storage,
    };
    const own = new Given(`peers[${index}]`, entry, { names: peerOptionNames });
    refuseStorage(own, engine);
    peers.push(resolvePeer(own, place));
  }
  checkTogether(peers, given);
  const isObserver = (peer: ResolvedPeer): number => (peer.type === "observer" ? 1 : 0);
  return peers.sort((left, right) => isObserver(left) - isObserver(right) || left.id - right.id);
}

/** The peers that are there when another one joins. */
interface Others {
  readonly ids: readonly PeerId[];
  /** Their votes count by groups. */
  readonly areGrouped: boolean;
}

/** The options of a peer that joins later. */
export function resolveNewPeer(
  options: unknown,
  { peers }: ResolvedOptions,
  { ids: taken, areGrouped }: Others,
): ResolvedPeer {
  const given = new Given("", options, { names: peerOptionNames });
  const id = Math.max(0, ...taken) + 1;
  const storage = peers[0]?.storage ?? memoryOnly;
  const adminPort = peers[0]?.adminPort === undefined ? undefined : 0;
  const peer = resolvePeer(given, { id, port: 0, adminPort, securePort: 0, storage });
  if (taken.includes(peer.id)) throw given.bad("id", "is taken by another peer");
  if (areGrouped && peer.group === undefined && peer.type === "participant") {
    throw given.bad("group", "leaves a voter in no group, which the others have", "group: 1");
  }
  if (!areGrouped && peer.group !== undefined) {
    const grouped = "startEnsemble({ peers: [{ group: 1 }, …] })";
    throw given.bad("group", "has no place where the others have no group", grouped);
  }
  return peer;
}

interface Place {
  readonly id: PeerId;
  readonly port: number;
  readonly adminPort: number | undefined;
  readonly securePort: number;
  readonly storage: ResolvedStorage;
}

function resolvePeer(given: Given, place: Place): ResolvedPeer {
  refuseConfig(given);
  const weight = given.whole("weight", 1, { min: 0 });
  const group =
    given.value("group") === undefined ? undefined : given.whole("group", 0, { min: 0 });
  if (weight !== 1 && group === undefined) {
    throw given.bad("weight", "has no effect without a group", `${given.name("group")}: 1`);
  }
  return {
    id: given.whole("id", place.id, { min: 1, max: idMax }),
    type: given.oneOf("type", "participant", ["participant", "observer"]),
    weight,
    group,
    clientPort: given.whole("clientPort", place.port, { min: 0, max: portMax }),
    adminPort: place.adminPort,
    securePort: place.securePort,
    clockSkew: given.whole("clockSkew", 0, { min: Number.MIN_SAFE_INTEGER }),
    storage: resolveStorage(given, "a peer") ?? place.storage,
    start: given.flag("start", true),
  };
}

const laterPorts = { adminPort: "admin.port", securePort: "config.secureClientPort" };

/** What no peer can be wrong about alone. */
function checkTogether(peers: readonly ResolvedPeer[], given: Given): void {
  const ids = new Set<PeerId>();
  const ports = new Set<number>();
  for (const [index, peer] of peers.entries()) {
    if (ids.has(peer.id))
      throw badOption(`peers[${index}].id`, peer.id, "is taken by another peer");
    ids.add(peer.id);
    for (const name of ["clientPort", "adminPort", "securePort"] as const) {
      const port = peer[name] ?? 0;
      if (port === 0) continue;
      if (ports.has(port)) {
        const option = { clientPort: `peers[${index}].clientPort`, ...laterPorts }[name];
        throw badOption(option, port, "is taken by another peer");
      }
      ports.add(port);
    }
  }
  const voters = peers.filter((peer) => peer.type === "participant");
  if (voters.length > votersMax) throw given.bad("peers", `are more than ${votersMax} voters`);
  if (voters.length === 0) throw given.bad("peers", "has nobody who votes");
  if (voters.length === 1 && peers.length > 1) {
    // QuorumPeerConfig.parseDynamicConfig: observers without a quorum are refused.
    const option = given.value("observers") === undefined ? "peers" : "observers";
    throw given.bad(
      option,
      "cannot stand beside a single voter, which runs standalone",
      "peers: 3",
    );
  }
  const grouped = voters.filter((peer) => peer.group !== undefined);
  if (grouped.length > 0 && grouped.length < voters.length) {
    throw given.bad("peers", "gives some voters a group and others none");
  }
  if (grouped.length > 0 && voters.every((peer) => peer.weight === 0)) {
    throw given.bad("peers", "has nobody whose vote weighs anything");
  }
}

function resolveNetwork(given: Given): LinkConditions | undefined {
  const network = given.value("network");
  return network === undefined ? undefined : resolveConditions("network", network);
}

/** A read-only peer can make no others: without them it would serve nobody. Where nobody asked for them, ephemerals are to work. */
function resolveLocalSessions(
  given: Given,
  { localSessionsUpgrading }: Settings,
): { readonly upgrading: boolean } | undefined {
  const isImplied = given.flag("readOnlyMode", false) && given.value("localSessions") === undefined;
  if (!given.flag("localSessions", isImplied)) return undefined;
  return { upgrading: localSessionsUpgrading ?? isImplied };
}

function resolveWords(given: Given): "*" | readonly string[] {
  const listed = given.list("fourLetterWords");
  if (listed === undefined) return given.oneOf<"*">("fourLetterWords", "*", ["*"]);
  return listed.map((word, index) => {
    if (typeof word === "string" && /^[a-z]{4}$/.test(word)) return word;
    throw badOption(`fourLetterWords[${index}]`, word, "is no word of four letters");
  });
}

interface Timeouts {
  readonly start: Ms;
  readonly wait: Ms;
  readonly close: Ms;
}
const embeddedTimeouts: Timeouts = { start: 10_000, wait: 4_000, close: 5_000 };
/** A Java takes its time to start, and elections of Apache's wait where ours need not. */
const apacheTimeouts: Timeouts = { start: 60_000, wait: 20_000, close: 10_000 };

function resolveTimeouts(given: Given, defaults: Timeouts): Timeouts {
  const names = ["start", "wait", "close"];
  const timeouts = new Given("timeouts", given.value("timeouts") ?? {}, { names });
  return {
    start: timeouts.whole("start", defaults.start, { min: 0, max: timeoutMax }),
    wait: timeouts.whole("wait", defaults.wait, { min: 0, max: timeoutMax }),
    close: timeouts.whole("close", defaults.close, { min: 0, max: timeoutMax }),
  };
}

function resolveListener(given: Given): ((event: EnsembleEvent) => void) | undefined {
  const listener = given.value("onEvent");
  if (listener === undefined) return undefined;
  if (typeof listener !== "function") throw given.bad("onEvent", "is no function");
  return (event) => listener(event);
}

function resolveSignal(given: Given): AbortSignal | undefined {
  const signal = given.value("signal");
  if (signal === undefined) return undefined;
  if (isSignal(signal)) return signal;
  throw given.bad("signal", "is no AbortSignal");
}

/** By its shape: a signal may come from another realm, as in Jest's sandbox. */
function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value
  );
}
