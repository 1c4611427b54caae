import { parseArgs } from "node:util";
import { startEnsemble } from "../../src/index.ts";
import { startApache } from "../conformance/apache-setup.ts";
import { oursAs } from "../conformance/settings.ts";
import { differenceOf, type Engines } from "./compare.ts";

// npm run fuzz:differential -- --seed 1 --ops 5000    one seed, on one peer and on three
//   … --seeds 20                                      as many seeds from there on
//   … --peers 3                                       on three only
//   … --only 3,17.2,40                                these steps of the plan alone, as a difference names them

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    ops: { type: "string", default: "1000" },
    peers: { type: "string" },
    only: { type: "string" },
  },
});

const first = Number(values.seed);
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => String(first + index));
const operations = Number(values.ops);
const only = values.only === undefined ? undefined : new Set(values.only.split(","));

/** What all runs have come to. */
const total = { operations: 0, differences: 0 };

async function runOn(peers: number, apaches: Engines["apaches"]): Promise<void> {
  await using ensemble = await startEnsemble(peers, oursAs("3.8"));
  const leader = await ensemble.leader();
  const ours = [leader, ...ensemble.peers.filter((peer) => peer.id !== leader.id)];
  const startedAt = performance.now();
  for (const [index, seed] of seeds.entries()) {
    const comparison = { seed, operations, ownsServers: true, ours, apaches, only };
    const difference = await differenceOf(comparison);
    total.operations += only?.size ?? operations;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const done = `${index + 1} of ${seeds.length} seeds, ${seconds} s`;
    console.log(`${peers === 1 ? "1 peer" : `${peers} peers`}: seed ${seed}, ${done}`);
    if (difference === undefined) continue;
    total.differences += 1;
    const command = `npm run fuzz:differential -- --seed ${seed} --ops ${operations} --peers ${peers}`;
    const steps = difference.steps.length === 0 ? "" : ` --only ${difference.steps.join(",")}`;
    console.log(`DIFFERENCE, seed ${seed}: ${difference.text}\n  again   ${command}${steps}`);
    if (difference.isEnd) return;
  }
}

const apache = await startApache();
try {
  for (const servers of [[apache.target.alone], apache.target.three]) {
    const isAsked = servers.length === Number(values.peers ?? servers.length);
    if (isAsked) await runOn(servers.length, servers);
  }
} finally {
  await apache.close();
}
const { differences } = total;
console.log(`${total.operations} operations, ${seeds.length} seeds, ${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
