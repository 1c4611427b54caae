// What three idle peers take of a process's memory. Of each znode, session and watch: the growth cases.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ended, heard } from "../child.ts";
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
      const name = "the process with three idle peers";
      bytes.push(Number(await heard(child, { from: child, event: "message", name })));
      await ended(child);
    }
    return [
      { name: idle.name, unit: "bytes", ...figureOf(bytes), targets: [{ atMost: bytesMax }] },
    ];
  },
};

export const memories: readonly Benchmark[] = [idle];
