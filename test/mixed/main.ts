import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { playRounds } from "./rounds.ts";
import type { Kind } from "./server.ts";

// npm run mixed -- --rounds 100 --seed s    a hundred rounds of random kills
//   … --kinds ours,apache,apache            on these three servers; any number may be named

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    seed: { type: "string", default: randomBytes(4).toString("hex") },
    kinds: { type: "string", default: "ours,apache,ours" },
  },
});

const kinds = values.kinds.split(",").map((kind): Kind => {
  if (kind === "ours" || kind === "apache") return kind;
  throw new Error(`--kinds: ${kind} is neither ours nor apache`);
});
console.log(`seed ${values.seed}`);
const startedAt = performance.now();
const rounds = Number(values.rounds);
const outcome = await playRounds({ seed: values.seed, rounds, kinds, say: console.log });
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(`${JSON.stringify(outcome)}, ${seconds} s`);
process.exitCode = outcome.faults.length === 0 ? 0 : 1;
