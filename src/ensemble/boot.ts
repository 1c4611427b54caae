import type { Socket } from "node:net";
import type { ControlServer } from "../control/server.ts";
import { type Sid, sidOf, zxidZero } from "../core/base/ids.ts";
import type { EnsembleConfig } from "../core/quorum/config.ts";
import { randomHex } from "../runtime/machine-time.ts";
import type { PeerHost } from "../runtime/peer-host.ts";
import type { TlsKeys } from "../runtime/tls-gate.ts";
import { World } from "../runtime/world.ts";
import type { Ensemble } from "./api.ts";
import { Assembly } from "./assembly.ts";
import type { Certificates, TlsChoice } from "./certificates.ts";
import { checkVariables } from "./environment.ts";
import { ZkmsError } from "./errors.ts";
import { badOption } from "./given.ts";
import { linkSecurityOf } from "./link-security.ts";
import { listenError } from "./listen-error.ts";
import { memberAt } from "./members.ts";
import type { Origin } from "./open-ensembles.ts";
import { type ResolvedOptions, type ResolvedPeer, resolveOptions } from "./options.ts";
import type { ControlChoice } from "./port-options.ts";

/** A call of `startEnsemble`, as it was when it was made. */
interface StartCall {
  readonly peers: unknown;
  readonly options: unknown;
  readonly environment: NodeJS.ProcessEnv;
  /** The line that made it. */
  readonly openedAt: string;
}

/** What `startEnsemble` does. */
export async function open({
  peers,
  options,
  environment,
  openedAt,
}: StartCall): Promise<Ensemble> {
  checkVariables(environment);
  const resolved = resolveOptions(mergeArguments(peers, options), {
    seed: environment["ZKMS_SEED"],
    engine: environment["ZKMS_ENGINE"],
    randomSeed: () => randomHex(8),
  });
  resolved.signal?.throwIfAborted();
  const control = resolved.control && (await controlOf(resolved.control));
  try {
    if (resolved.apache === undefined) return await boot(resolved, { openedAt, control });
    const { startApache } = await import("../apache/start.ts"); // most runs never need it
    return await startApache(resolved, resolved.apache, { openedAt, control, environment });
  } catch (error) {
    await control?.close();
    throw error;
  }
}

/** Before anything boots: a port that is taken is known at once. */
async function controlOf(choice: ControlChoice): Promise<ControlServer> {
  const { openControl } = await import("../control/server.ts"); // nor this
  return await openControl(choice);
}

function mergeArguments(peers: unknown, options: unknown): unknown {
  if (peers === undefined || peers === null) return options ?? {};
  if (typeof peers !== "number") {
    if (options === undefined) return peers;
    throw badOption("peers", peers, "is no count", "startEnsemble(3, { … })");
  }
  if (options === undefined || options === null) return { peers };
  if (typeof options !== "object") return options;
  if ("peers" in options && options.peers !== undefined && options.peers !== peers) {
    throw badOption("peers", options.peers, `contradicts the count of ${peers}`);
  }
  return { ...options, peers };
}

async function boot(options: ResolvedOptions, { openedAt, control }: Origin): Promise<Ensemble> {
  const id = `${options.name}-${randomHex(6)}`;
  let assembly: Assembly | undefined;
  const world = new World({
    host: options.host,
    peerLinks: options.peerLinks,
    linkSecurity: await securityOf(options),
    clock: "real", // a manual clock begins to stand when the start resolves (ruling 17)
    tickTime: options.tickTime,
    seed: options.seed,
    juteMaxBuffer: options.juteMaxBuffer,
    maxClientCnxns: options.maxClientCnxns,
    maxCnxns: options.settings.maxCnxns,
    muteIntervalMs: options.settings.muteIntervalMs,
    electionPortTries: options.settings.electionPortTries,
    largeRequests: options.settings.limits.largeRequests,
    onReport: (sid, report) => assembly?.reported(sid, report),
    onReconfigured: (config) => assembly?.reconfigured(config),
    onTurn: () => assembly?.turned(),
    onFailure: (sid, error) => assembly?.failed(sid, error),
  });
  const release = world.keepAlive();
  try {
    const { tls, host, advertisedHost } = options;
    const names = [...new Set([host, advertisedHost, "localhost", "127.0.0.1", "::1"])];
    const certificates = tls && (await certificatesOf(tls, names));
    const hosts = await addHosts(world, options, certificates?.keys);
    const config = configOf(hosts, options);
    const keys = certificates?.keys;
    const addHostFor = (peer: ResolvedPeer): Promise<PeerHost> =>
      hostOf(world, options, peer, keys);
    assembly = new Assembly({
      id,
      options,
      world,
      hosts,
      addHostFor,
      config,
      certificates,
      control,
      openedAt,
    });
    await assembly.start();
    world.clock.mode = options.clock;
    return assembly.ensemble;
  } catch (error) {
    await (assembly?.close() ?? world.close());
    throw error;
  } finally {
    release();
  }
}

async function certificatesOf(tls: TlsChoice, names: readonly string[]): Promise<Certificates> {
  const { certificatesFor } = await import("./certificates.ts");
  return await certificatesFor(tls, names);
}

async function securityOf({
  settings,
  peerLinks,
}: ResolvedOptions): Promise<World["linkSecurity"]> {
  const warn = (text: string): void => process.emitWarning(text, "ZkmsWarning");
  const security = await linkSecurityOf(settings.links, warn);
  if (security === undefined || peerLinks === "tcp") return security;
  throw new ZkmsError(
    "ZKMS_BAD_OPTIONS",
    "TLS between peers goes over TCP, and peerLinks is memory",
  );
}

/** In the order of the peers. */
async function addHosts(
  world: World,
  options: ResolvedOptions,
  keys: TlsKeys | undefined,
): Promise<PeerHost[]> {
  const hosts: PeerHost[] = [];
  for (const peer of options.peers) {
    hosts.push(await hostOf(world, options, peer, keys));
  }
  return hosts;
}

async function hostOf(
  world: World,
  options: ResolvedOptions,
  peer: ResolvedPeer,
  keys: TlsKeys | undefined,
): Promise<PeerHost> {
  try {
    return await addHost(world, peer, keys);
  } catch (error) {
    throw listenError(error, peer, options.host);
  }
}

async function addHost(
  world: World,
  { id, clientPort, adminPort, securePort }: ResolvedPeer,
  keys: TlsKeys | undefined,
): Promise<PeerHost> {
  const sid = sidOf(id);
  const admin =
    adminPort === undefined
      ? undefined
      : { port: adminPort, onConnection: await adminServerOf(world, sid) };
  const secure = keys && { port: securePort, keys };
  return await world.addHost(sid, { client: clientPort, admin, secure });
}

async function adminServerOf(world: World, sid: Sid): Promise<(socket: Socket) => void> {
  const { adminServer } = await import("../admin/server.ts");
  return adminServer({ peer: () => world.host(sid)?.peer, now: () => world.clock.now() });
}

function configOf(hosts: readonly PeerHost[], options: ResolvedOptions): EnsembleConfig {
  const members = options.peers.flatMap((peer, index) => {
    const host = hosts[index];
    return host === undefined ? [] : [memberAt(host, peer, options.host)];
  });
  return { version: zxidZero, members };
}
