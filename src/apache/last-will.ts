import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/**
 * Kills the processes whose numbers it last read, and removes a folder, once its input ends: that is when the process that writes
 * there is gone, for whatever reason.
 */
const script = `while read -r line; do pids=$line; done
[ -z "$pids" ] || kill -9 $pids
rm -rf "$0"`;

/**
 * What happens to an ensemble's servers and their folder when this process ends without having closed it: by a signal, a crash or
 * `process.exit`. A shell of its own process group sees to it; nothing inside this process could.
 */
export class LastWill {
  readonly #shell: ChildProcess;
  readonly #pids = new Set<number>();

  constructor(dir: string) {
    this.#shell = spawn("sh", ["-c", script, dir], {
      detached: true, // a Ctrl+C is for all of the terminal's group
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#shell.unref();
    this.#shell.on("error", () => {}); // no shell: nobody sees to it
    const { stdin } = this.#shell;
    stdin?.on("error", () => {});
    if (stdin !== null && "unref" in stdin && typeof stdin.unref === "function") stdin.unref();
  }

  /** A server's process is to end with this one. */
  add(pid: number): void {
    this.#pids.add(pid);
    this.#write();
  }

  /** It has ended by itself; its number may soon be another's. */
  remove(pid: number): void {
    this.#pids.delete(pid);
    this.#write();
  }

  /** All is done already. */
  async revoke(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#shell;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = once(this.#shell, "exit");
    this.#shell.ref();
    this.#shell.kill("SIGKILL");
    await ended;
  }

  #write(): void {
    this.#shell.stdin?.write(`${[...this.#pids].join(" ")}\n`);
  }
}
