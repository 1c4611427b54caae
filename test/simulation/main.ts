import { parseArgs } from "node:util";
import { parseSteps } from "./fault-steps.ts";
import { investigate, tell, tryLife } from "./hunt.ts";
import type { LifeOptions } from "./life.ts";
import { type Plan, small } from "./plan.ts";

// npm run sim -- --seeds 1000 --from 0     many lives; stops at the first that fails, or goes on with --keep-going
//   … --minutes 10                         until so much time is over, or all seeds are led
//   … --small                              three peers, a client, a fraction of a second: what `small` in plan.ts says
//   … --ms 10000                           with faults for so long
// npm run sim -- --seed 42                 one life again
//   … --plan '{"voters":3}'                with parts of the plan other than drawn
//   … --faults '120ms:crash:2'             and with these faults instead of those drawn
// A life that fails is cut down to the faults that it takes; its trace goes into a file.

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string", default: "0" },
    minutes: { type: "string" },
    seed: { type: "string" },
    small: { type: "boolean", default: false },
    ms: { type: "string" },
    plan: { type: "string", default: "{}" },
    faults: { type: "string" },
    "keep-going": { type: "boolean", default: false },
  },
});
const given: Partial<Plan> = {
  ...(values.small && small),
  ...JSON.parse(values.plan),
  ...(values.ms !== undefined && { faultyMs: Number(values.ms) }),
};
const options: Omit<LifeOptions, "seed"> = {
  traceLines: 0,
  ...(Object.keys(given).length > 0 && { plan: given }),
  ...(values.faults !== undefined && { faultSteps: parseSteps(values.faults) }),
};
const from = Number(values.from);
const count = Number(values.seeds ?? (values.minutes === undefined ? 1000 : Infinity));
const startedAt = performance.now();
const usedBefore = process.cpuUsage();
const endsAt = startedAt + Number(values.minutes ?? Infinity) * 60_000;

function* seeds(): Generator<string> {
  if (values.seed !== undefined) return yield values.seed;
  for (let index = 0; index < count && performance.now() < endsAt; index += 1) {
    yield String(from + index);
  }
}

const totals = { led: 0, events: 0, operations: 0, committed: 0, epochs: 0, starts: 0 };
/** The seeds that broke each invariant. */
const broken = new Map<string, string[]>();
for (const seed of seeds()) {
  const life = { ...options, seed };
  const outcome = tryLife(life);
  totals.led += 1;
  if ("violation" in outcome) {
    const { invariant } = outcome.violation;
    const known = broken.get(invariant) ?? [];
    broken.set(invariant, [...known, seed]);
    if (known.length === 0) console.error(tell(seed, await investigate(life, outcome)));
    if (!values["keep-going"]) break;
    continue;
  }
  totals.events += outcome.events;
  totals.operations += outcome.operations;
  totals.committed += outcome.committed;
  totals.epochs += outcome.epochs;
  totals.starts += outcome.lives;
}

const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(usedBefore);
const busy = (user + system) / 1e6;
const { led, ...rest } = totals;
console.log(
  `${led} lives from seed ${values.seed ?? from} in ${seconds.toFixed(1)} s, ${(led / seconds).toFixed(0)} a second; ${(led / busy).toFixed(0)} a second of processor time`,
);
console.log(rest);
for (const [invariant, seedsOf] of broken) {
  console.log(`${seedsOf.length} broke ${invariant}: seeds ${seedsOf.slice(0, 8).join(" ")}`);
}
if (broken.size > 0) process.exitCode = 1;
