import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { States, type Witness } from "../faults/witness.ts";

const program = fileURLToPath(new URL("kazoo/witness.py", import.meta.url));

interface Call {
  readonly resolve: (data: string) => void;
  readonly reject: (error: Error) => void;
}

/** A kazoo client in a process of its own. */
export async function kazooWitness(python: string, connectString: string): Promise<Witness> {
  const child = spawn(python, ["-B", program, connectString], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const states = new States();
  const calls = new Map<string, Call>();
  let calling = 0;
  const session = new Promise<bigint>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`kazoo ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [what, name = "", ...rest] = line.split(" ");
      if (what === "state") states.add(name);
      if (what === "session") resolve(BigInt.asIntN(64, BigInt(name)));
      if (what === "answer") calls.get(name)?.resolve(rest.join(" "));
      if (what === "failed") calls.get(name)?.reject(new Error(rest.join(" ")));
    });
  });
  const call = (words: string): Promise<string> =>
    new Promise((resolve, reject) => {
      calling += 1;
      calls.set(String(calling), { resolve, reject });
      child.stdin.write(`${calling} ${words}\n`);
    });
  const id = await session;
  await states.sees("connected");
  return {
    session: id,
    sees: (state) => states.sees(state),
    get: (path) => call(`get ${path}`),
    set: async (path, data) => void (await call(`set ${path} ${data}`)),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}
