// Apache ZooKeeper as a yardstick: plain servers on ports of their own, without the proxies that `engine: "apache"` has around its
// servers, compiled to the end as after hours of work, with four times the heap that zkServer.sh gives. All their flags but the heap's
// size and the last stage of the compiler are those of a test's servers (src/apache/server-process.ts): the serial collector, where
// the JVM would take G1 on a machine with two processors and 2 GB, and class data sharing.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../src/apache/free-ports.ts";
import { findInstallation, type Installation } from "../src/apache/installation.ts";
import { LastWill } from "../src/apache/last-will.ts";
import { ServerProcess } from "../src/apache/server-process.ts";
import { askWord } from "../src/ensemble/four-letter-word.ts";
import { processorMs } from "./processor.ts";
import { commitOne, RawClient } from "./raw-client.ts";

export interface ApacheOptions {
  readonly peers: number;
  /** true: as Apache's default; false: forceSync=no, as beside our memory storage. */
  readonly fsync: boolean;
  /** Quick to start rather than fast, as for a test's own servers. */
  readonly isShortLived?: boolean;
}

const host = "127.0.0.1";
const startMsMax = 120_000;
const answerMsMax = 5000;
/**
 * After those of server-process.ts, over which they win: its -Xmx256m and -XX:TieredStopAtLevel=1. A leader keeps its last 500
 * proposals, and one of its servers closed a connection in the midst of writes of a megabyte.
 */
const jvmArgs = ["-Xmx4000m", "-XX:TieredStopAtLevel=4"];

/** Boots servers when a case first needs them, and keeps the last ones for the next that needs the same. */
export class ApacheYard implements AsyncDisposable {
  readonly #installation: Installation;
  #kept: { readonly key: string; readonly servers: ApacheServers } | undefined;

  private constructor(installation: Installation) {
    this.#installation = installation;
  }

  /** Throws what says how to install it. */
  static find(): ApacheYard {
    return new ApacheYard(findInstallation());
  }

  async servers(options: ApacheOptions): Promise<ApacheServers> {
    const key = JSON.stringify(options);
    if (this.#kept?.key === key) return this.#kept.servers;
    await this[Symbol.asyncDispose]();
    const servers = await this.boot(options);
    this.#kept = { key, servers };
    return servers;
  }

  /** Fresh ones, which are the caller's to close. */
  async boot(options: ApacheOptions): Promise<ApacheServers> {
    return ApacheServers.boot(this.#installation, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept?.servers[Symbol.asyncDispose]();
    this.#kept = undefined;
  }
}

export class ApacheServers implements AsyncDisposable {
  readonly ports: readonly number[];
  readonly #processes: readonly ServerProcess[];
  readonly #will: LastWill;
  readonly #dir: string;

  private constructor(processes: readonly ServerProcess[], will: LastWill, dir: string) {
    this.#processes = processes;
    this.#will = will;
    this.#dir = dir;
    this.ports = processes.map(({ plan }) => plan.clientPort);
  }

  /** Resolves when all of them serve. */
  static async boot(installation: Installation, options: ApacheOptions): Promise<ApacheServers> {
    const { peers: count } = options;
    const dir = await mkdtemp(join(tmpdir(), "zkms-bench-"));
    const will = new LastWill(dir);
    const ports = await freePorts(3 * count);
    const members = Array.from({ length: count }, (_, index) => {
      const [client = 0, quorum = 0, election = 0] = ports.slice(3 * index);
      return { client, server: `${host}:${quorum}:${election}` };
    });
    const quorum = Object.fromEntries(members.map(({ server }, i) => [`server.${i + 1}`, server]));
    const processes = members.map(({ client }, index) => {
      const plan = {
        dir: join(dir, `${index + 1}`),
        host,
        myid: count === 1 ? undefined : index + 1,
        clientPort: client,
        settings: {
          tickTime: 500,
          initLimit: 50,
          syncLimit: 20,
          maxSessionTimeout: 60_000,
          maxClientCnxns: 0,
          clientPort: client,
          clientPortAddress: host,
          ...(count > 1 && quorum),
        },
        properties: {
          "zookeeper.forceSync": options.fsync ? "yes" : "no",
          "zookeeper.admin.enableServer": false,
          "zookeeper.4lw.commands.whitelist": "*",
        },
        jvmArgs: options.isShortLived === true ? [] : jvmArgs,
      };
      return new ServerProcess(installation, plan, will);
    });
    const servers = new ApacheServers(processes, will, dir);
    await Promise.all(processes.map((process) => process.start()));
    await Promise.all(processes.map((process) => process.serving(startMsMax)));
    return servers;
  }

  /** Of all servers since they started; NaN where the system does not tell. */
  cpuMs(): number {
    return this.#processes.reduce((sum, { pid }) => sum + processorMs(pid), 0);
  }

  async leader(): Promise<ServerProcess> {
    const port = await leaderOf(this.ports);
    const found = this.#processes.find(({ plan }) => plan.clientPort === port);
    if (found === undefined) throw new Error(`no server on ${port}`);
    return found;
  }

  other(than: ServerProcess): ServerProcess {
    const found = this.#processes.find((process) => process !== than);
    if (found === undefined) throw new Error("there is one alone");
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()));
    await rm(this.#dir, { recursive: true, force: true });
    await this.#will.revoke();
  }
}

/** The client port of the one that says it leads. */
export async function leaderOf(ports: readonly number[]): Promise<number> {
  for (const port of ports) {
    const answer = await askWord("srvr", { host, port, timeout: answerMsMax }).catch(() => "");
    if (/Mode: (leader|standalone)/.test(answer)) return port;
  }
  throw new Error("nobody leads");
}

/** Each of them opens sessions: where one is answered, a quorum is there, and that server is of it. */
export async function sessionsSoon(ports: readonly number[]): Promise<void> {
  await Promise.all(ports.map((port) => soon(async () => (await RawClient.open(port)).close())));
}

/** A write is committed as soon as one can be: asks again while there is no quorum. */
export async function commitSoon(port: number, path: string): Promise<void> {
  await soon(() => commitOne(port, path));
}

async function soon(act: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + startMsMax;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}
