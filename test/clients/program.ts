// Runs a client program in another language or library against an ensemble. The program gets a connect string, the leader
// first, and prints a line for each check: "ok NAME" or "failed NAME: REASON". A line "please VERB …" asks for something only
// the ensemble's owner can do; the answer goes to the program's standard input as "done".
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Ensemble } from "../../src/index.ts";

export interface Controls {
  readonly connectString: string;
  /** Resolves when another leader serves. */
  killLeader(): Promise<unknown>;
  /** Starts what was killed; resolves when it serves. */
  startKilled(): Promise<unknown>;
  expire(session: bigint): Promise<unknown>;
}

export interface Outcome {
  /** By the check's name: "ok", or the reason why not. */
  readonly checks: Readonly<Record<string, string>>;
  readonly exitCode: number | null;
}

/** The leader, if there is one, comes first in the connect string. */
export async function controlsOf(ensemble: Ensemble): Promise<Controls> {
  const roles = await Promise.all(ensemble.peers.map((peer) => peer.role()));
  const isLeader = (index: number): boolean => roles[index] === "leader";
  const leaders = ensemble.peers.filter((_, index) => isLeader(index));
  const others = ensemble.peers.filter((_, index) => !isLeader(index));
  return {
    connectString: [...leaders, ...others].map((peer) => peer.address).join(","),
    killLeader: () => ensemble.killLeader(),
    startKilled: () => ensemble.start(),
    expire: async (session) => {
      const expired = ensemble.sessions.expire(session);
      await (ensemble.engine === "apache" ? expired.catch(unlessGone) : expired);
    },
  };
}

export async function runProgram(
  command: string,
  args: readonly string[],
  controls: Controls,
): Promise<Outcome> {
  const child = spawn(command, [...args, controls.connectString], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const checks: Record<string, string> = {};
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [word, rest = ""] = split(line, " ");
      if (word === "ok") checks[rest] = "ok";
      if (word === "failed") {
        const [name, reason = "no reason given"] = split(rest, ": ");
        checks[name] = reason;
      }
      if (word === "please") {
        await answer(rest, controls);
        child.stdin.write("done\n");
      }
    }
    const [exitCode] = await exited;
    return { checks, exitCode };
  } finally {
    child.kill("SIGKILL");
  }
}

async function answer(wish: string, controls: Controls): Promise<void> {
  const [verb, argument = ""] = split(wish, " ");
  if (verb === "kill-leader") await controls.killLeader();
  else if (verb === "start-killed") await controls.startKilled();
  else if (verb === "expire") await controls.expire(BigInt(argument));
  else throw new Error(`a client program asks for ${wish}`);
}

/** Seen behind a leader's death on Apache's servers, which count real time. That another session takes its place, the program checks. */
function unlessGone(error: unknown): void {
  const isGone = error instanceof Error && "code" in error && error.code === "ZKMS_NO_SUCH_SESSION";
  if (!isGone) throw error;
}

function split(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
