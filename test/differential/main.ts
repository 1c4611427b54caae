import { parseArgs } from "node:util";
import { startEnsemble } from "../../src/index.ts";
import { startApache } from "../conformance/apache-setup.ts";
import { oursAs } from "../conformance/settings.ts";
import { differenceOf } from "./compare.ts";

// npm run fuzz:differential -- --seed 1 --ops 1000    one seed, on one peer and on three
//   … --seeds 20                                      as many seeds from there on
//   … --peers 3                                       on three only

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    ops: { type: "string", default: "1000" },
    peers: { type: "string" },
  },
});

const counts = values.peers === undefined ? [1, 3] : [Number(values.peers)];
const apache = await startApache();
let failures = 0;
for (const count of counts) {
  const ensemble = await startEnsemble(count, oursAs("3.8"));
  const leader = await ensemble.leader();
  const ours = [leader, ...ensemble.peers.filter((peer) => peer.id !== leader.id)];
  const apaches = count === 1 ? [apache.target.alone] : apache.target.three;
  const startedAt = performance.now();
  let operations = 0;
  for (let i = 0; i < Number(values.seeds); i += 1) {
    const seed = String(Number(values.seed) + i);
    const difference = await differenceOf({
      seed,
      operations: Number(values.ops),
      ownsServers: true,
      ours,
      apaches,
    });
    operations += Number(values.ops);
    if (difference === undefined) continue;
    failures += 1;
    console.log(difference);
    console.log(
      `  again   npm run fuzz:differential -- --seed ${seed} --ops ${values.ops} --peers ${count}`,
    );
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `${count} peer(s): ${operations} operations over ${values.seeds} seeds in ${seconds} s, ${failures} seeds with differences so far`,
  );
  await ensemble.close();
}
await apache.close();
process.exitCode = failures === 0 ? 0 : 1;
