// npm run bench -- [--only reads,boot] [--quick] [--json out.json]
// The load is a process of its own; servers and limit live in this one, measured by turns so that both meet the same machine.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { growths } from "./growth.ts";
import { latencies } from "./latency.ts";
import { LoadProcess } from "./load-process.ts";
import { recoveries } from "./recovery.ts";
import { circumstances, circumstancesText, currentLoad, rowText } from "./report.ts";
import type { Row, Settings } from "./row.ts";
import { throughputs } from "./throughput.ts";

const benchmarks = [...throughputs, ...latencies, ...recoveries, ...growths];
const full = { rounds: 7, roundMs: 1000, warmMs: 1500, samples: 30 };
const quick = { rounds: 5, roundMs: 300, warmMs: 500, samples: 10 };

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const names = values.only?.split(",") ?? benchmarks.map(({ name }) => name);
const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  console.error(
    `no benchmark ${unknown.join(", ")}; there are ${benchmarks.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}

const loadBefore = currentLoad();
const load = new LoadProcess();
const settings: Settings = { load, isQuick: values.quick, ...(values.quick ? quick : full) };
const rows: Row[] = [];
for (const benchmark of benchmarks.filter(({ name }) => names.includes(name))) {
  console.log(`\n${benchmark.name}: ${benchmark.about}`);
  for (const row of await benchmark.run(settings)) {
    rows.push(row);
    console.log(rowText(row));
  }
}
load.end();

const machine = circumstances(loadBefore);
console.log(`\n${circumstancesText(machine)}`);
if (values.json !== undefined) {
  writeFileSync(
    values.json,
    `${JSON.stringify({ machine, quick: values.quick, rows }, null, 2)}\n`,
  );
}
