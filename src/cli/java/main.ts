#!/usr/bin/env node
// The command `java` of the folder that `zookeeper-memory-server java-home` makes: runs our peer where ZooKeeper's is asked for.
import type { ConnectionOptions } from "node:tls";
import { standingOf } from "../../ensemble/config-keys.ts";
import { codeOf } from "../../ensemble/errors.ts";
import { askWord } from "../../ensemble/four-letter-word.ts";
import { readKeyStores, readTrustStore } from "../../ensemble/key-stores.ts";
import { FolderError } from "../../runtime/disk/storage-error.ts";
import { PortError } from "../../runtime/port-error.ts";
import { runPeer } from "../../zoo-cfg/run-peer.ts";
import { readZooCfg, standaloneCfg, type ZooCfg } from "../../zoo-cfg/zoo-cfg.ts";
import { explain } from "../explain.ts";
import { stopSignals, whenAborted } from "../stop-signals.ts";
import { packageVersion } from "../version.ts";
import { type JavaCommand, readJavaCommand } from "./command-line.ts";
import { handOver } from "./real-java.ts";

/** QuorumPeerMain's own (ExitCode): a configuration that it cannot use, and whatever else keeps it from starting. */
const badConfiguration = 2;
const unexpected = 1;
/** ExitCode.UNABLE_TO_ACCESS_DATADIR. */
const noFolder = 3;
/** ExitCode.UNABLE_TO_BIND_QUORUM_PORT: a peer that cannot listen for votes any more. */
const noElectionPort = 14;
const wordTimeoutMs = 5_000;

const mains: Readonly<Record<string, (command: JavaCommand) => Promise<void>>> = {
  "org.apache.zookeeper.server.quorum.QuorumPeerMain": (command) => serve(command, read(command)),
  "org.apache.zookeeper.server.ZooKeeperServerMain": (command) =>
    serve(command, { ...read(command), members: undefined }),
  "org.apache.zookeeper.client.FourLetterWordMain": ask,
  "org.apache.zookeeper.version.VersionInfoMain": async () => {
    console.log(`Apache ZooKeeper, version ${packageVersion()}-zookeeper-memory-server`);
  },
};

const argv = process.argv.slice(2);
const command = readJavaCommand(argv);
const main = mains[command.main ?? ""];
if (main === undefined) handOver(argv);
else {
  start(main).catch((error: unknown) => {
    console.error(explain(error));
    process.exit(exitCodeOf(error));
  });
}

function exitCodeOf(error: unknown): number {
  if (codeOf(error) === "ZKMS_BAD_OPTIONS") return badConfiguration;
  return error instanceof Error && error.cause instanceof FolderError ? noFolder : unexpected;
}

/** Whatever it throws, and when, comes as a rejection. */
async function start(chosen: (command: JavaCommand) => Promise<void>): Promise<void> {
  await chosen(command);
}

/** One argument is a configuration file; more are a port, a data directory, a tickTime and a limit of connections. */
function read({ args, properties }: JavaCommand): ZooCfg {
  const jvm = new Map(
    [...properties]
      .map(([name, value]) => ({ name, key: name.replace(/^zookeeper\./, ""), value }))
      .filter(({ name, key }) => name !== key || standingOf(key) !== "unknown") // the JVM's own, or a library's
      .map(({ key, value }) => [key, value]),
  );
  const [file = "", ...more] = args;
  return more.length === 0 ? readZooCfg(file, jvm) : standaloneCfg(args, jvm);
}

async function serve({ properties }: JavaCommand, cfg: ZooCfg): Promise<void> {
  const stop = stopSignals();
  const peer = await runPeer(cfg, {
    loginConfig: properties.get("java.security.auth.login.config"),
    krb5Config: properties.get("java.security.krb5.conf"),
    warn: (text) => console.error(text),
    failed: (error) => {
      console.error(explain(error));
      process.exit(error instanceof Error && error.cause instanceof PortError ? noElectionPort : 1);
    },
  });
  const awake = setInterval(() => {}, 2 ** 30);
  await whenAborted(stop);
  clearInterval(awake);
  await peer[Symbol.asyncDispose]();
}

/** `host port word [isSecure]`; the keys are those of Apache's client. */
async function ask({ args, properties }: JavaCommand): Promise<void> {
  const [host = "", port, word = "", isSecure] = args;
  const to = { host, port: Number(port), timeout: wordTimeoutMs };
  const tls = isSecure?.toLowerCase() === "true" ? await clientKeys(properties) : undefined;
  process.stdout.write(await askWord(word, tls === undefined ? to : { ...to, tls }));
}

async function clientKeys(properties: ReadonlyMap<string, string>): Promise<ConnectionOptions> {
  const given = (key: string): string | undefined => properties.get(`zookeeper.${key}`);
  const stored = await readKeyStores("ssl.", given);
  const ca = await readTrustStore("ssl.", given);
  const isAnyHost = given("ssl.hostnameVerification")?.toLowerCase() === "false";
  return {
    ...(stored !== undefined && { cert: stored.cert, key: stored.key }),
    ...(ca !== undefined && { ca }),
    ...(isAnyHost && { checkServerIdentity: () => undefined }),
  };
}
