import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Installation } from "../../src/apache/installation.ts";
import type { LastWill } from "../../src/apache/last-will.ts";
import { answerMsMax, type ServerPlan, ServerProcess } from "../../src/apache/server-process.ts";
import { type Survey, silence, surveyOf } from "../../src/apache/survey.ts";

export type Kind = "ours" | "apache";

export interface ServerOptions {
  readonly sid: number;
  readonly kind: Kind;
  readonly plan: ServerPlan;
  readonly installations: Readonly<Record<Kind, Installation>>;
  readonly will: LastWill;
}

const triesMax = 20;

/** One seat of a quorum: a zoo.cfg and a data directory, on which either kind of server may run. */
export class Server {
  readonly sid: number;
  /** Where clients find it. */
  address: { readonly host: string; readonly port: number };
  readonly #options: ServerOptions;
  #kind: Kind;
  #process: ServerProcess;
  /** It was started, and neither killed nor stopped since. */
  #isWanted = false;

  constructor(options: ServerOptions) {
    const { sid, kind, plan } = options;
    this.sid = sid;
    this.address = { host: plan.host, port: plan.clientPort };
    this.#options = options;
    this.#kind = kind;
    this.#process = this.#processOf(kind);
  }

  get connectString(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  get kind(): Kind {
    return this.#kind;
  }

  get isRunning(): boolean {
    return this.#process.isRunning;
  }

  get dir(): string {
    return this.#options.plan.dir;
  }

  get dataDir(): string {
    return join(this.dir, "data");
  }

  /** All that the servers which ran here have said. */
  get log(): string {
    const { logFile } = this.#process;
    return existsSync(logFile) ? readFileSync(logFile, "utf8") : "";
  }

  /** Nobody ended it, and it does not run. */
  get hasDied(): boolean {
    return this.#isWanted && !this.isRunning;
  }

  /** The next start is the other kind's, on what this one leaves. */
  become(kind: Kind): void {
    if (this.isRunning) throw new Error(`server ${this.sid} is running`);
    if (kind === this.#kind) return;
    this.#kind = kind;
    this.#process = this.#processOf(kind);
  }

  async start(): Promise<void> {
    await this.#process.start();
    this.#isWanted = true;
  }

  /** SIGKILL. */
  kill(): Promise<void> {
    this.#isWanted = false;
    return this.#process.kill();
  }

  /** SIGTERM. */
  stop(): Promise<void> {
    this.#isWanted = false;
    return this.#process.stop(10_000);
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process.signal(signal);
  }

  wipe(): void {
    rmSync(join(this.dataDir, "version-2"), { recursive: true });
  }

  /** Asks until it answers, for a busy machine may take its time, and gives up on one that hangs. */
  async survey(): Promise<Survey> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      const survey = await surveyOf(this.address, answerMsMax);
      if (survey !== undefined) return survey;
    }
    return silence;
  }

  /** Whether some log file holds the text; what is preallocated is read along. */
  hasLogged(text: string): boolean {
    const folder = join(this.dataDir, "version-2");
    return readdirSync(folder).some(
      (name) => name.startsWith("log.") && readFileSync(join(folder, name)).includes(text),
    );
  }

  #processOf(kind: Kind): ServerProcess {
    const { plan, installations, will } = this.#options;
    // Apache's own account of how a learner is brought up to date.
    const logger = "org.slf4j.simpleLogger.log.org.apache.zookeeper.server.quorum";
    const loggers = [`-D${logger}.Learner=info`, `-D${logger}.LearnerHandler=debug`];
    const own = kind === "apache" ? { ...plan, jvmArgs: loggers } : plan;
    return new ServerProcess(installations[kind], own, will);
  }
}
