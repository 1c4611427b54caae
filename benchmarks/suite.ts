// Every case there is, in the order of a whole run.
import { fairnesses } from "./cases/fairness.ts";
import { memories } from "./cases/memory.ts";
import { recoveries } from "./cases/recovery.ts";
import { sessions } from "./cases/sessions.ts";
import { slates } from "./cases/slates.ts";
import { throughputs } from "./cases/throughput.ts";
import { growths } from "./growth.ts";
import type { Benchmark } from "./row.ts";

export const suite: readonly Benchmark[] = [
  ...throughputs,
  ...sessions,
  ...fairnesses,
  ...recoveries,
  ...slates,
  ...memories,
  ...growths,
];
