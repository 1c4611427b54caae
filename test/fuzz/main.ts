import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

// npm run fuzz:protocol -- --seed 1 --inputs 1000000     one life among strangers
//   … --attack election                                  with attacks of one name only
//   … --only 35                                          one attack of the seed's, again and again

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    inputs: { type: "string", default: "1000000" },
    attack: { type: "string" },
    only: { type: "string" },
  },
});
let next = 0;
const report = await fuzz({
  seed: values.seed,
  inputs: Number(values.inputs),
  attack: values.attack,
  only: values.only === undefined ? undefined : Number(values.only),
  onProgress: (inputs) => {
    if (inputs < next) return;
    next = inputs + 50_000;
    const rss = Math.round(process.memoryUsage().rss / 2 ** 20);
    process.stderr.write(`${inputs} inputs, ${rss} MB\n`);
  },
});
console.log({ ...report, seconds: Number(report.seconds.toFixed(1)) });
if (report.faults.length > 0) {
  const { seed, inputs } = values;
  console.log(`again   npm run fuzz:protocol -- --seed ${seed} --inputs ${inputs}`);
  process.exitCode = 1;
}
