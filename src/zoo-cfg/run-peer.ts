import { existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { zxidZero } from "../core/base/ids.ts";
import { reasonsOf } from "../core/base/reasons.ts";
import {
  clientAddressOf,
  type EnsembleConfig,
  type Member,
  memberOf,
} from "../core/quorum/config.ts";
import { Membership } from "../core/quorum/membership.ts";
import { debugReports } from "../ensemble/debug/events.ts";
import { debugStore } from "../ensemble/debug/store.ts";
import { asyncDispose } from "../ensemble/disposal.ts";
import { codeOf, errorAt, ZkmsError } from "../ensemble/errors.ts";
import { linkSecurityOf } from "../ensemble/link-security.ts";
import { makePeer, type PeerBirth } from "../ensemble/make-peer.ts";
import { storageError } from "../ensemble/peer-storage.ts";
import { publicRole } from "../ensemble/seat.ts";
import { DataDirectory } from "../runtime/disk/data-directory.ts";
import type { ConfigFiles } from "../runtime/disk/disk-store.ts";
import { layoutOf } from "../runtime/disk/layout.ts";
import { FolderError } from "../runtime/disk/storage-error.ts";
import type { LinkSecurity } from "../runtime/link-security.ts";
import type { PeerHost } from "../runtime/peer-host.ts";
import { addressToBind } from "../runtime/ports.ts";
import { World } from "../runtime/world.ts";
import { ZooCfgFiles } from "./config-files.ts";
import { type LoginFiles, readLogins } from "./logins.ts";
import { type PeerSettings, settle } from "./peer-settings.ts";
import { type SecurePort, securePortOf } from "./secure-port.ts";
import type { RunningPeer } from "./start-peer.ts";
import type { Listening, ZooCfg } from "./zoo-cfg.ts";

/** What a zoo.cfg does not say. */
export interface CommandLine extends LoginFiles {
  readonly warn: (text: string) => void;
  /** The peer has stopped: a bug of ours, or a disk that failed. */
  readonly failed: (error: unknown) => void;
}

export async function runPeer(
  cfg: ZooCfg,
  commandLine: CommandLine,
  signal?: AbortSignal,
): Promise<RunningPeer> {
  const logins = readLogins(cfg, commandLine);
  await logins.peers?.ready();
  const secure = await securePortOf(cfg);
  const settings = settle(cfg, logins.clients, secure?.keys);
  const remarks = [...cfg.warnings, ...settings.warnings];
  const warn = (text: string): void => commandLine.warn(`${cfg.file}: ${text}`);
  for (const remark of remarks) warn(remark);
  const linkSecurity = cfg.members && (await securityOf(cfg, warn));
  const name = `zoo-cfg-${process.pid}`;
  const debug = debugReports(name);
  const world = new World({
    ...settings.options,
    maxCnxns: settings.options.settings.maxCnxns,
    muteIntervalMs: settings.options.settings.muteIntervalMs,
    electionPortTries: settings.options.settings.electionPortTries,
    peerLinks: cfg.members === undefined ? "memory" : "tcp",
    peerAuth: logins.peers && { ...logins.peers, warn },
    linkSecurity,
    onReport: (sid, report) => {
      debug(sid, report);
      if (report.type === "log" && report.level === "error") warn(`peer ${sid} ${report.text}`);
    },
    onTurn: () => {},
    onFailure: (_, error) => commandLine.failed(startError(error, cfg)),
  });
  let admin: Server | undefined;
  let directory: DataDirectory | undefined;
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    admin?.close();
    await world.close();
    await directory?.close();
  };
  const close = (): Promise<void> => {
    closing ??= end();
    return closing;
  };
  try {
    const configFiles = await openConfigFiles(cfg, settings, commandLine);
    directory = await openDirectory(cfg, settings, configFiles);
    const current = upToDate(cfg, settings, directory);
    const host = await addHost(world, current, secure);
    const clientPort = (): number | undefined => host.clientPort || undefined;
    const birth = birthOf(current, settings, { world, clientPort });
    await host.start(() => makePeer(birth), debugStore(directory.newStore(), `${name}/${cfg.sid}`));
    admin = settings.admin && (await openAdmin(settings.admin, host, world, commandLine));
    const peer: RunningPeer = {
      get clientPort(): number {
        return Math.max(0, clientPort() ?? 0);
      },
      role: async () =>
        host.state === "running" ? publicRole(host.peer?.role ?? "looking") : host.state,
      [asyncDispose]: close,
    };
    signal?.throwIfAborted(); // while it started
    signal?.addEventListener("abort", () => void close().catch(commandLine.failed), { once: true });
    return peer;
  } catch (error) {
    await close();
    throw startError(error, cfg);
  }
}

async function securityOf(
  { file, keys }: ZooCfg,
  warn: (text: string) => void,
): Promise<LinkSecurity | undefined> {
  try {
    return await linkSecurityOf(keys, warn);
  } catch (error) {
    if (!(error instanceof ZkmsError)) throw error;
    throw errorAt(file, error);
  }
}

async function addHost(
  world: World,
  cfg: ZooCfg,
  securePort: SecurePort | undefined,
): Promise<PeerHost> {
  const { sid, members, quorumListenOnAllIPs } = cfg;
  for (const member of members?.members ?? []) if (member.sid !== sid) world.addOutsidePeer(member);
  const client =
    cfg.client === undefined
      ? ("none" as const)
      : { ...cfg.client, host: await boundTo(cfg.client.host) };
  const secure = securePort && {
    port: { ...securePort.port, host: await boundTo(securePort.port.host) },
    keys: securePort.keys,
  };
  const own = members && memberOf(members, sid);
  if (own === undefined) return await world.addHost(sid, { client, secure });
  const host = quorumListenOnAllIPs ? undefined : await addressToBind(own.host);
  return await world.addHost(sid, {
    client,
    secure,
    quorum: { host, port: own.quorumPort },
    election: { host, port: own.electionPort },
    address: own,
  });
}

/** The file, with the members and the peer's own place as a later reconfiguration left them. */
function upToDate(cfg: ZooCfg, { options }: PeerSettings, directory: DataDirectory): ZooCfg {
  if (cfg.members === undefined) return cfg;
  const { committed: members } = Membership.of(cfg.members, {
    reconfigEnabled: options.reconfig,
    saved: directory.savedConfig,
  });
  const own = memberOf(members, cfg.sid);
  const client = own && members !== cfg.members ? clientAddressOf(own) : undefined;
  return { ...cfg, members, client: client ?? cfg.client };
}

/** undefined: who belongs will not change. */
async function openConfigFiles(
  { file, sid, members, isDynamic }: ZooCfg,
  { options }: PeerSettings,
  { warn }: CommandLine,
): Promise<ConfigFiles | undefined> {
  if (members === undefined || !options.reconfig) return undefined;
  const configFiles = new ZooCfgFiles({ file, sid, version: members.version, warn });
  if (!isDynamic) await configFiles.backUp();
  return configFiles;
}

function openDirectory(
  { sid, members, dataDir, dataLogDir }: ZooCfg,
  { options, fsync, makesFolders }: PeerSettings,
  configFiles: ConfigFiles | undefined,
): Promise<DataDirectory> {
  const standalone = members === undefined;
  const { snapshots, logs } = layoutOf(dataDir, dataLogDir);
  const missing = [snapshots, logs].find((folder) => !existsSync(folder));
  if (missing !== undefined && !makesFolders) {
    throw new ZkmsError("ZKMS_STORAGE", `peer ${sid} cannot start: ${missing} is missing`, {
      why: "datadir.autocreate is false",
      hint: "a disk that is mounted, or the folder made by hand",
      cause: new FolderError(missing, "is missing"),
    });
  }
  return DataDirectory.open({
    dataDir,
    dataLogDir,
    sid: standalone ? undefined : sid,
    fsync,
    loseUnsynced: false,
    juteMaxBuffer: options.juteMaxBuffer,
    standalone,
    configFiles,
    ...options.settings.files,
  });
}

const birthOf = (
  cfg: ZooCfg,
  { options }: PeerSettings,
  { world, clientPort }: { readonly world: World; readonly clientPort: () => number | undefined },
): PeerBirth => ({
  sid: cfg.sid,
  config: cfg.members ?? alone(cfg),
  standaloneEnabled: cfg.standaloneEnabled,
  get clientPort(): number {
    return clientPort() ?? -1;
  },
  secureClientPort: cfg.secureClient?.port,
  // As Apache tells them: the folders of the files themselves.
  dataDir: layoutOf(cfg.dataDir).snapshots,
  dataLogDir: layoutOf(cfg.dataDir, cfg.dataLogDir).logs,
  options,
  wallOffset: world.clock.wallOffset,
});

/** As the quorum's machines know a server that has none. */
function alone({ sid, client }: ZooCfg): EnsembleConfig {
  const member: Member = {
    sid,
    host: "127.0.0.1",
    quorumPort: 0,
    electionPort: 0,
    role: "participant",
    client: client && `${client.host ?? "0.0.0.0"}:${client.port}`,
    weight: 1,
    group: undefined,
  };
  return { version: zxidZero, members: [member] };
}

/** An AdminServer that cannot have its port is done without, as by Apache's peers. */
async function openAdmin(
  { host, port }: Listening,
  peerHost: PeerHost,
  world: World,
  { warn }: CommandLine,
): Promise<Server | undefined> {
  const { adminServer } = await import("../admin/server.ts");
  const onConnection = adminServer({ peer: () => peerHost.peer, now: () => world.clock.now() });
  const server = createServer(onConnection).unref();
  const address = { port, ...(host !== undefined && { host }) };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(address, resolve);
    });
    return server;
  } catch (error) {
    warn(
      `the AdminServer cannot listen on port ${port} (${codeOf(error)}), the peer goes on without it`,
    );
    return undefined;
  }
}

const boundTo = async (host: string | undefined): Promise<string | undefined> =>
  host === undefined ? undefined : await addressToBind(host);

const noAddressCodes: readonly string[] = ["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN", "EACCES"];

function startError(error: unknown, { sid, file }: ZooCfg): unknown {
  const code = codeOf(error) ?? "";
  const text = reasonsOf(error);
  if (noAddressCodes.includes(code)) {
    return new ZkmsError("ZKMS_BAD_OPTIONS", `${file}: peer ${sid} cannot have its address`, {
      why: text,
      hint: "an address of this machine, and a port from 1024 up",
      cause: error,
    });
  }
  if (code !== "EADDRINUSE") return storageError(sid, "cannot start", error);
  return new ZkmsError("ZKMS_PORT_IN_USE", text, { hint: "another server's port", cause: error });
}
