// What is timed one by one, in this process: from a start, and from a leader's death, to the next committed write.

import { commitOne } from "./raw-client.ts";
import type { Benchmark, Row, Settings, Target } from "./row.ts";
import { median, quantile, spread } from "./statistics.ts";
import { startEnsemble } from "./subject.ts";

const warmUps = 5;

function row(name: string, times: readonly number[], target: Target): Row {
  const fastest = Math.min(...times).toFixed(1);
  const p90 = quantile(times, 0.9).toFixed(1);
  const note = `${times.length} samples, fastest ${fastest} ms, p90 ${p90} ms`;
  return { name, unit: "ms", median: median(times), spread: spread(times), target, note };
}

const boot: Benchmark = {
  name: "boot",
  about: "startEnsemble(3) to the first committed write, in a warm process",
  async run({ samples }: Settings): Promise<readonly Row[]> {
    const times: number[] = [];
    for (let count = -warmUps; count < samples; count += 1) {
      const startedAt = performance.now();
      await using ensemble = await startEnsemble(3);
      await commitOne(ensemble.peers[0]?.port ?? 0, "/first");
      if (count >= 0) times.push(performance.now() - startedAt);
    }
    return [row("boot", times, { of: "median", atMost: 60 })];
  },
};

const failover: Benchmark = {
  name: "failover",
  about: "the leader's death to the next committed write, on a session of its own",
  async run({ samples }: Settings): Promise<readonly Row[]> {
    await using ensemble = await startEnsemble(3);
    const times: number[] = [];
    for (let count = -warmUps; count < samples; count += 1) {
      const startedAt = performance.now();
      const { killed, leader } = await ensemble.killLeader();
      await commitOne(leader?.port ?? 0, `/after${count}`);
      if (count >= 0) times.push(performance.now() - startedAt);
      await killed.start();
      await ensemble.waitForConverged();
    }
    return [row("failover", times, { of: "median", atMost: 100 })];
  },
};

export const recoveries: readonly Benchmark[] = [boot, failover];
