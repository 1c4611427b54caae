// Curator's TestingCluster as a yardstick: three of Apache's servers as threads of one JVM, as JVM projects start them in their
// tests. Debian's package `libcurator-test-java` brings it; the Java that comes with it compiles the few lines that drive it.
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findInstallation } from "../src/apache/installation.ts";
import { ended, heard } from "./child.ts";
import { processorMs } from "./processor.ts";

const jars = ["/usr/share/java/curator-test.jar", "/usr/share/java/slf4j-nop.jar"];
const source = fileURLToPath(new URL("curator/Cluster.java", import.meta.url));
/** No fsync, as beside our memory storage. */
const properties = ["-Dzookeeper.forceSync=no", "-Dzookeeper.4lw.commands.whitelist=*"];

export class CuratorYard implements Disposable {
  readonly #java: string;
  readonly #classes: string;

  private constructor(java: string, classes: string) {
    this.#java = java;
    this.#classes = classes;
  }

  /** undefined: the jars, or a Java that compiles, are not there. */
  static find(): CuratorYard | undefined {
    if (!jars.every((jar) => existsSync(jar))) return undefined;
    const { java } = findInstallation();
    const classes = mkdtempSync(join(tmpdir(), "zkms-bench-"));
    const compiler = ["-m", "jdk.compiler/com.sun.tools.javac.Main"]; // a JRE has no javac of that name
    const { status } = spawnSync(java, [...compiler, "-cp", jars.join(":"), "-d", classes, source]);
    if (status === 0) return new CuratorYard(java, classes);
    rmSync(classes, { recursive: true });
    return undefined;
  }

  /** A fresh JVM, without a cluster. */
  start(): CuratorProcess {
    const classpath = [this.#classes, ...jars].join(":");
    const temporary = mkdtempSync(join(this.#classes, "jvm-"));
    const options = [...properties, `-Djava.io.tmpdir=${temporary}`, "-cp", classpath];
    return new CuratorProcess(spawn(this.#java, [...options, "Cluster"]), temporary);
  }

  [Symbol.dispose](): void {
    rmSync(this.#classes, { recursive: true, force: true });
  }
}

const lastWordsMax = 2000;

/** It ends with its input, so also with this process. */
export class CuratorProcess implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  /** What TestingCluster does not tidy away when it is killed. */
  readonly #temporary: string;
  #said = "";

  constructor(child: ChildProcessWithoutNullStreams, temporary: string) {
    this.#child = child;
    this.#temporary = temporary;
    this.#lines = createInterface({ input: child.stdout });
    child.stdin.on("error", () => {}); // who waits for an answer hears that it has ended
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#said = (this.#said + text).slice(-lastWordsMax);
    });
  }

  /** The client ports of a cluster that boots. */
  async boot(): Promise<readonly number[]> {
    const [, ports = ""] = (await this.#ask("boot")).split(" ");
    return ports.split(",").map(Number);
  }

  async close(): Promise<void> {
    await this.#ask("close");
  }

  async kill(port: number): Promise<void> {
    await this.#ask(`kill ${port}`);
  }

  async restart(port: number): Promise<void> {
    await this.#ask(`restart ${port}`);
  }

  cpuMs(): number {
    return processorMs(this.#child.pid);
  }

  async #ask(order: string): Promise<string> {
    const answer = heard<string>(this.#child, {
      from: this.#lines,
      event: "line",
      name: "TestingCluster's JVM",
      lastWords: () => this.#said.trim(),
    });
    this.#child.stdin.write(`${order}\n`);
    return await answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await ended(this.#child);
    rmSync(this.#temporary, { recursive: true, force: true });
  }
}
