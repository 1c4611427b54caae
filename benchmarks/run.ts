// Runs cases and tells what came of them.
import { writeFileSync } from "node:fs";
import { Terminal } from "../src/cli/terminal.ts";
import { ApacheYard } from "./apache.ts";
import { LoadProcess } from "./load-process.ts";
import { circumstances, circumstancesText, currentLoad } from "./report/circumstances.ts";
import type { Result } from "./report/result.ts";
import { rowText, verdicts } from "./report/text.ts";
import type { Benchmark, Row, Settings } from "./row.ts";
import { suite } from "./suite.ts";

export interface RunOptions {
  readonly only?: readonly string[];
  readonly quick: boolean;
  readonly json?: string;
  readonly compare?: string;
  readonly apache?: boolean;
}

const full = { rounds: 7, roundMs: 1000, warmMs: 1500, samples: 30 };
const quick = { rounds: 5, roundMs: 300, warmMs: 500, samples: 10 };

export async function run(options: RunOptions): Promise<void> {
  const terminal = new Terminal(process.stderr);
  const result = await measure(options, terminal);
  console.log(`\n${circumstancesText(result.machine)}`);
  const { held, missed } = verdicts(result.rows);
  const misses = missed.length === 0 ? "" : `, ${missed.length} missed: ${missed.join("; ")}`;
  console.log(`${held} targets held${misses}`);
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
  }
}

async function measure(options: RunOptions, terminal: Terminal): Promise<Result> {
  const loadBefore = currentLoad();
  const names = options.only ?? suite.map(({ name }) => name);
  const chosen = suite.filter(({ name }) => names.includes(name));
  const rows: Row[] = [];
  const load = new LoadProcess();
  const apache = findApache(options.apache);
  try {
    for (const [index, benchmark] of chosen.entries()) {
      console.log(`\n${benchmark.name}: ${benchmark.about}`);
      const settings: Settings = {
        load,
        apache,
        isQuick: options.quick,
        ...(options.quick ? quick : full),
        tell: (doing) => terminal.show([[`${index + 1} of ${chosen.length}  ${doing}`]]),
      };
      for (const row of await benchmark.run(settings)) {
        rows.push(row);
        terminal.show([]);
        console.log(rowText(row));
      }
    }
  } finally {
    terminal.show([]);
    load.end();
    await apache?.[Symbol.asyncDispose]();
  }
  return {
    machine: circumstances(loadBefore),
    quick: options.quick,
    command: ["npm run bench --", ...process.argv.slice(2)].join(" "),
    rows,
    about: Object.fromEntries(chosen.map(({ name, about }: Benchmark) => [name, about])),
  };
}

/** true: it has to be there. */
function findApache(wanted: boolean | undefined): ApacheYard | undefined {
  if (wanted === false) return undefined;
  try {
    return ApacheYard.find();
  } catch (error) {
    if (wanted === true) throw error;
    console.log(`Without Apache ZooKeeper: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}
