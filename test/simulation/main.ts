import { parseArgs } from "node:util";
import { Prng } from "../../src/core/base/prng.ts";
import { parseSteps } from "./fault-steps.ts";
import { investigate, tell, tryLife } from "./hunt.ts";
import type { LifeOptions } from "./life.ts";
import { drawBig, ensembleOf, type Plan, small } from "./plan.ts";
import { type Planted, planted } from "./plants.ts";
import { undoneMends } from "./undone-mends.ts";

// npm run sim -- --seeds 1000 --from 0     many lives; stops at the first that fails, or goes on with --keep-going
//   … --minutes 10                         until so much time is over, or all seeds are led
//   … --small                              three peers, a client, a fraction of a second: what `small` in plan.ts says
//   … --big                                five or seven voters with observers, many clients: `drawBig` in plan.ts
//   … --ms 10000                           with faults for so long
// npm run sim -- --seed 42                 one life again
//   … --plan '{"voters":3}'                with parts of the plan other than drawn
//   … --faults '120ms:crash:2'             and with these faults instead of those drawn
//   … --plant 'a watch event is lost'      with a bug of plants.ts, to see it found
// A life that fails is cut down to the faults that it takes; its trace goes into a file.

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string", default: "0" },
    minutes: { type: "string" },
    seed: { type: "string" },
    small: { type: "boolean", default: false },
    big: { type: "boolean", default: false },
    plant: { type: "string" },
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
const bugs: Readonly<Record<string, Omit<Planted, "within">>> = { ...planted, ...undoneMends };
const bug = values.plant === undefined ? undefined : bugs[values.plant];
if (values.plant !== undefined && bug === undefined) {
  throw new Error(`no bug "${values.plant}"; there are:\n${Object.keys(bugs).join("\n")}`);
}
const options: Omit<LifeOptions, "seed"> = {
  traceLines: 0,
  plantName: values.plant,
  ...(values.faults !== undefined && { faultSteps: parseSteps(values.faults) }),
};

/** Nothing but the seed decides where nothing is given. */
function optionsOf(seed: string): LifeOptions {
  const big = values.big ? drawBig(new Prng(seed).split("big")) : {};
  const plan = { ...bug?.plan, ...big, ...given };
  return {
    ...options,
    seed,
    ...(bug !== undefined && { plant: bug.make() }),
    ...(Object.keys(plan).length > 0 && { plan }),
  };
}

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
/** How many lives had how many peers. */
const ensembles = new Map<string, number>();
/** The seeds that broke each invariant. */
const broken = new Map<string, string[]>();
for (const seed of seeds()) {
  const life = optionsOf(seed);
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
  const ensemble = ensembleOf(outcome.plan);
  ensembles.set(ensemble, (ensembles.get(ensemble) ?? 0) + 1);
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
const drawn = [...ensembles].sort(([left], [right]) => (left < right ? -1 : 1));
console.log(`voters+observers: ${drawn.map(([size, lives]) => `${size} in ${lives}`).join(", ")}`);
for (const [invariant, seedsOf] of broken) {
  console.log(`${seedsOf.length} broke ${invariant}: seeds ${seedsOf.slice(0, 8).join(" ")}`);
}
if (broken.size > 0) process.exitCode = 1;
