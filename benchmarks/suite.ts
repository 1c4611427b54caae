// Every case there is, in the order of a whole run.
import { recoveries } from "./cases/recovery.ts";
import { throughputs } from "./cases/throughput.ts";
import { growths } from "./growth.ts";
import type { Benchmark } from "./row.ts";

export const suite: readonly Benchmark[] = [...throughputs, ...recoveries, ...growths];
