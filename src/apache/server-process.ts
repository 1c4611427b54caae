import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ZkmsError } from "../ensemble/errors.ts";
import { askWord } from "../ensemble/four-letter-word.ts";
import { clearTimeout, machineNow, setTimeout } from "../runtime/machine-time.ts";
import { type Installation, installCommand } from "./installation.ts";
import type { LastWill } from "./last-will.ts";

/** One server's configuration: where it lives, its zoo.cfg, and what only the JVM can be told. */
export interface ServerPlan {
  readonly dir: string;
  readonly host: string;
  readonly myid: number | undefined;
  readonly clientPort: number;
  /** Lines of zoo.cfg. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** -D properties. */
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  readonly jvmArgs?: readonly string[];
  /** Texts of further files in its folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Small and quick to start: a server of a test lives for seconds. */
const jvmArgs = [
  "-Xmx256m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Xshare:auto",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
];
const askAgainMs = 20;
/** For a word's answer: a server that is just starting may take a connection and forget it. */
export const answerMsMax = 1000;

/** By a server that has moved who belongs to a file of its own: that counts from there on. */
const isRewritten = async (config: string): Promise<boolean> =>
  existsSync(config) && /^dynamicConfigFile=/m.test(await readFile(config, "latin1"));

/** A process of Apache's QuorumPeerMain, started again as often as asked on the same folder and ports. */
export class ServerProcess {
  readonly plan: ServerPlan;
  /** The process is gone, asked to or by itself. */
  onEnd: () => void = () => {};
  readonly #installation: Installation;
  readonly #will: LastWill;
  #child: ChildProcess | undefined;

  constructor(installation: Installation, plan: ServerPlan, will: LastWill) {
    this.#installation = installation;
    this.#will = will;
    this.plan = plan;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get logFile(): string {
    return join(this.plan.dir, "server.log");
  }

  /** Resolves when the process runs; `serving` waits for more. */
  async start(): Promise<void> {
    const { dir, myid, settings, properties, jvmArgs: more = [], files = {} } = this.plan;
    const data = join(dir, "data");
    await mkdir(data, { recursive: true });
    if (myid !== undefined) await writeFile(join(data, "myid"), String(myid));
    for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
    const config = join(dir, "zoo.cfg");
    if (!(await isRewritten(config))) {
      const lines = Object.entries({ dataDir: data, ...settings });
      await writeFile(config, lines.map(([key, value]) => `${key}=${value}\n`).join(""));
    }
    const defined = Object.entries(properties).map(([key, value]) => `-D${key}=${value}`);
    const { java, classpath } = this.#installation;
    const main = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
    const log = openSync(this.logFile, "a");
    const child = spawn(java, [...jvmArgs, ...more, ...defined, "-cp", classpath, main, config], {
      cwd: dir,
      stdio: ["ignore", log, log],
    });
    this.#child = child;
    closeSync(log);
    child.unref(); // an idle ensemble holds nobody
    const { pid } = child;
    if (pid !== undefined) this.#will.add(pid);
    child.once("exit", () => {
      if (pid !== undefined) this.#will.remove(pid);
      if (this.#child !== child) return;
      this.#child = undefined;
      this.onEnd();
    });
    try {
      await once(child, "spawn");
    } catch (error) {
      this.#child = undefined;
      throw new ZkmsError("ZKMS_ENGINE", `${java} cannot be started`, {
        hint: installCommand,
        cause: error,
      });
    }
  }

  /** Waits until the server serves clients; ZKMS_START_TIMEOUT, or ZKMS_ENGINE when the process has ended. */
  serving(timeout: number): Promise<void> {
    const deadline = machineNow() + timeout;
    const { host, clientPort: port } = this.plan;
    return new Promise((resolve, reject) => {
      const ask = (): void => {
        const left = deadline - machineNow();
        if (this.#child === undefined || left <= 0) return void this.failure().then(reject);
        askWord("srvr", { host, port, timeout: Math.min(left, answerMsMax) }).then(
          (text) => (text.includes("Mode:") ? resolve() : void setTimeout(ask, askAgainMs)),
          () => setTimeout(ask, askAgainMs),
        );
      };
      ask();
    });
  }

  /** Whether the client port takes connections, served or not. */
  async isListening(): Promise<boolean> {
    const { host, clientPort: port } = this.plan;
    const answer = askWord("ruok", { host, port, timeout: answerMsMax });
    return await answer.then(
      () => true,
      () => false,
    );
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** SIGTERM, and SIGKILL when that is not enough in time. */
  async stop(timeout: number): Promise<void> {
    const timer = setTimeout(() => this.#child?.kill("SIGKILL"), timeout);
    await this.#end("SIGTERM");
    clearTimeout(timer);
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const exited = once(child, "exit");
    child.ref();
    child.kill(signal);
    await exited;
  }

  /** Why it does not serve: it has ended, or takes its time, and what it said last. */
  async failure(): Promise<ZkmsError> {
    const log = await readFile(this.logFile, "utf8").catch(() => "");
    const { isRunning } = this;
    const what = isRunning ? "the server does not serve" : "the server process has ended";
    return new ZkmsError(
      isRunning ? "ZKMS_START_TIMEOUT" : "ZKMS_ENGINE",
      `Apache ZooKeeper on port ${this.plan.clientPort}: ${what}`,
      { why: log.trim().split("\n").slice(-5).join(" | ") || `nothing in ${this.logFile}` },
    );
  }
}
