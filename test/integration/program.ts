import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A Node program under test, run from the sources: its output as it comes, and its end. Killed when disposed of. */
export class Program implements AsyncDisposable {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  /** Resolves when the program is gone and all it wrote has been read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #child: ChildProcess;
  readonly #waits = new Set<() => void>();

  constructor(
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
    command: readonly string[] = [process.execPath, "--import", "tsx"],
  ) {
    const env = { ...withoutRunner(process.env), ...environment };
    const [file = "", ...first] = command;
    this.#child = spawn(file, [...first, ...args], { cwd: root, env, stdio: "pipe" });
    this.#collect(this.#child.stdout, this.stdout);
    this.#collect(this.#child.stderr, this.stderr);
    this.ended = once(this.#child, "close").then(([code, signal]) => ({ code, signal }));
    this.ended.finally(() => this.#recheck());
  }

  /** The first line on standard output that matches, now or later; an error when the program ends without one. */
  line(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = this.stdout.find((line) => pattern.test(line));
        if (found !== undefined) resolve(found);
        else if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
          reject(new Error(`ended without ${pattern}\n${this.#output()}`));
        } else return;
        this.#waits.delete(check);
      };
      this.#waits.add(check);
      check();
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Closes its standard input. */
  endInput(): void {
    this.#child.stdin?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  #collect(stream: NodeJS.ReadableStream | null, lines: string[]): void {
    if (stream === null) return;
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      this.#recheck();
    });
  }

  #recheck(): void {
    for (const check of [...this.#waits]) check();
  }

  #output(): string {
    return [...this.stdout, ...this.stderr].join("\n");
  }
}

/** The variables of the run this test is in would change what a program prints and which ensemble it boots. */
function withoutRunner(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign = /^(ZKMS_|ZOOKEEPER_CONNECT$|VITEST|TEST$|FORCE_COLOR$|NODE_ENV$)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !foreign.test(name)));
}
