import { parseArgs } from "node:util";
import { live, seedsFrom } from "./life.ts";

// npm run sim -- --seeds 1000 --from 0     many lives; stops at the first that fails
//   … --ms 10000                           with faults for so long
// npm run sim -- --seed 42 --trace 2000    one life again, with its last lines
//   … --plan '{"voters":3}'                and with parts of the plan other than drawn

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "0" },
    seed: { type: "string" },
    ms: { type: "string" },
    plan: { type: "string", default: "{}" },
    trace: { type: "string", default: "60" },
    "keep-going": { type: "boolean", default: false },
  },
});
const plan = {
  ...JSON.parse(values.plan),
  ...(values.ms !== undefined && { faultyMs: Number(values.ms) }),
};
const traceLines = Number(values.trace);
const seeds =
  values.seed === undefined ? seedsFrom(Number(values.from), Number(values.seeds)) : [values.seed];

const startedAt = performance.now();
const totals = { events: 0, operations: 0, committed: 0, epochs: 0, lives: 0 };
const failures = new Map<string, string[]>();
for (const seed of seeds) {
  try {
    const report = live({ seed, traceLines, plan });
    totals.events += report.events;
    totals.operations += report.operations;
    totals.committed += report.committed;
    totals.epochs += report.epochs;
    totals.lives += report.lives;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (!values["keep-going"]) {
      console.error(text);
      process.exit(1);
    }
    const [what = ""] = text.split("\n", 1);
    const kind = what.replaceAll(/0x[0-9a-f]+|\d+/g, "#").slice(0, 100);
    failures.set(kind, [...(failures.get(kind) ?? []), seed]);
  }
}
const seconds = (performance.now() - startedAt) / 1000;
console.log(
  `${seeds.length} lives in ${seconds.toFixed(1)} s, ${(seeds.length / seconds).toFixed(0)} a second`,
  totals,
);
for (const [kind, seedsOf] of [...failures].sort(([, a], [, b]) => b.length - a.length)) {
  console.log(`${seedsOf.length} (${seedsOf.slice(0, 8).join(" ")}) ${kind}`);
}
if (failures.size > 0) process.exitCode = 1;
