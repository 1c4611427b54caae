// Runs cases and tells what came of them.
import { readFileSync, writeFileSync } from "node:fs";
import { Terminal } from "../src/cli/terminal.ts";
import { ApacheYard } from "./apache.ts";
import { CuratorYard } from "./curator.ts";
import { LoadProcess } from "./load-process.ts";
import { Profiler } from "./profile.ts";
import { circumstances, circumstancesText, currentLoad } from "./report/circumstances.ts";
import { changes, changeText } from "./report/compare.ts";
import { type Baseline, losses, lossText, readBaseline, writeBaseline } from "./report/guard.ts";
import { htmlText } from "./report/html.ts";
import { inMarkdown } from "./report/markdown.ts";
import { commandOf, type Result, readResult } from "./report/result.ts";
import { rowText, verdicts } from "./report/text.ts";
import type { Benchmark, Row, Settings } from "./row.ts";
import { suite } from "./suite.ts";

export interface RunOptions {
  readonly only?: readonly string[];
  readonly quick: boolean;
  readonly json?: string;
  readonly html?: string;
  readonly markdown?: string;
  readonly compare?: string;
  readonly profile?: string;
  readonly apache?: boolean;
  readonly guard?: boolean;
  readonly writeBaseline?: boolean;
}

const full = { rounds: 7, roundMs: 1000, warmMs: 1500, samples: 30 };
const quick = { rounds: 5, roundMs: 300, warmMs: 500, samples: 10 };

/** Losses have to show in every one of them. */
const guardAttempts = 3;

export async function run(options: RunOptions): Promise<void> {
  const old = options.compare === undefined ? undefined : readResult(options.compare);
  const baseline = options.guard ? readBaseline() : undefined;
  const terminal = new Terminal(process.stderr);
  const apache = findApache(options.apache);
  using curator = apache && CuratorYard.find();
  const profiler = options.profile === undefined ? undefined : new Profiler(options.profile);
  try {
    const names = options.only ?? suite.map(({ name }) => name);
    const chosen = suite.filter(({ name }) => names.includes(name));
    const course = { options, terminal, apache, curator, profiler };
    const result = await measure(chosen, course, (soFar) => save(soFar, options));
    tell(result, old, options);
    if (options.writeBaseline) writeBaseline(result.rows, result.machine);
    if (baseline !== undefined) await guard(baseline, result.rows, chosen, course);
  } finally {
    terminal.show([]);
    profiler?.end();
    await apache?.[Symbol.asyncDispose]();
  }
}

interface Course {
  readonly options: RunOptions;
  readonly terminal: Terminal;
  readonly apache: ApacheYard | undefined;
  readonly curator: CuratorYard | undefined;
  readonly profiler: Profiler | undefined;
}

/** A case that fails is told, and ends with exit code 1; the others are measured. `onCase` has what there is after each. */
async function measure(
  chosen: readonly Benchmark[],
  { options, terminal, apache, curator, profiler }: Course,
  onCase: (soFar: Result) => void = () => {},
): Promise<Result> {
  const loadBefore = currentLoad();
  const rows: Row[] = [];
  const result = (): Result => ({
    machine: circumstances(loadBefore),
    quick: options.quick,
    command: commandOf(process.argv.slice(2)),
    rows,
    about: Object.fromEntries(chosen.map(({ name, about }) => [name, about])),
  });
  for (const [index, benchmark] of chosen.entries()) {
    console.log(`\n${index + 1} of ${chosen.length}  ${benchmark.name}: ${benchmark.about}`);
    const load = new LoadProcess();
    const settings: Settings = {
      load,
      apache,
      curator,
      profiler,
      isQuick: options.quick,
      ...(options.quick ? quick : full),
      tell: (doing) => terminal.show([[`${index + 1} of ${chosen.length}  ${doing}`]]),
    };
    const startedAt = performance.now();
    try {
      const measured = await benchmark.run(settings);
      rows.push(...measured);
      terminal.show([]);
      for (const row of measured) console.log(rowText(row));
      console.log(`took ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    } catch (error) {
      terminal.show([]);
      console.error(`${benchmark.name} failed:`, error);
      process.exitCode = 1;
      await apache?.[Symbol.asyncDispose](); // the next case has servers that nothing was done to
    } finally {
      load.end();
    }
    onCase(result());
  }
  return result();
}

function tell({ rows, machine }: Result, old: Result | undefined, { compare }: RunOptions): void {
  console.log(`\n${circumstancesText(machine)}`);
  const { held, missed } = verdicts(rows);
  const misses = missed.length === 0 ? "" : `, ${missed.length} missed: ${missed.join("; ")}`;
  console.log(`${held} targets held${misses}`);
  if (old === undefined) return;
  console.log(`\nSince ${compare}, of ${old.machine.at} UTC with ${old.machine.node}:`);
  for (const change of changes(old.rows, rows)) console.log(changeText(change));
}

/** Into the files that were asked for. */
function save(result: Result, { json, markdown, html }: RunOptions): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
  if (markdown !== undefined) {
    writeFileSync(markdown, inMarkdown(readFileSync(markdown, "utf8"), result));
  }
  if (html !== undefined) writeFileSync(html, htmlText(result));
}

/** Measures what lost again: a loss that is one shows every time. */
async function guard(
  baseline: Baseline,
  rows: readonly Row[],
  chosen: readonly Benchmark[],
  course: Course,
): Promise<void> {
  let found = losses(rows, baseline);
  for (let attempt = 1; attempt < guardAttempts && found.length > 0; attempt += 1) {
    console.log(`\n${found.map(lossText).join("\n")}\nMeasured again:`);
    const again = chosen.filter(({ name }) => found.some((loss) => loss.name === name));
    found = losses((await measure(again, course)).rows, baseline);
  }
  if (found.length === 0) {
    console.log(`\nNo loss against the baseline of ${baseline.at} UTC.`);
    return;
  }
  console.error(`\n${found.map(lossText).join("\n")}`);
  console.error("If that is the price of something, tell it to the baseline: --write-baseline.");
  process.exitCode = 1;
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
