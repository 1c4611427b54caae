// What three idle peers take of a process's memory. Of each znode, session and watch: the growth cases.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Benchmark, Row, Settings } from "../row.ts";
import { figureOf } from "../statistics.ts";

const program = fileURLToPath(new URL("../idle-memory.mjs", import.meta.url));
const samples = 3;
const bytesMax = 60 * 1024 * 1024;

const idle: Benchmark = {
  name: "memory-idle",
  about:
    "what a process's resident memory grows by with this package and three idle peers; tcp links, memory, no znodes",
  async run({ tell }: Settings): Promise<readonly Row[]> {
    const bytes: number[] = [];
    for (let count = 0; count < samples; count += 1) {
      tell(`memory-idle: ${count + 1} of ${samples}`);
      const child = fork(program, { execArgv: ["--expose-gc"] });
      const exited = once(child, "exit");
      const [grownBy] = await once(child, "message");
      bytes.push(Number(grownBy));
      await exited;
    }
    return [
      { name: idle.name, unit: "bytes", ...figureOf(bytes), targets: [{ atMost: bytesMax }] },
    ];
  },
};

export const memories: readonly Benchmark[] = [idle];
