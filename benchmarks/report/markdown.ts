// Tables of a page, between marks that say whose rows belong there: `<!-- figures: reads, writes* -->` to `<!-- end -->`. A run
// writes the rows that it measured; what it did not measure stays as it stands, and where the rows are of several runs, the lines
// under the table say which rows are of which. `<!-- time: reads -->` is where a profile goes, all of it of one run.
import type { Beside, Figure, Row, Unit } from "../row.ts";
import { targetValue } from "../row.ts";
import { circumstancesText } from "./circumstances.ts";
import { isLoadBound, isScattered, noises } from "./noise.ts";
import { percent } from "./percent.ts";
import type { Result } from "./result.ts";
import { figureText, ms, pauseText, ratioText, spreadText, targetText, verdictOf } from "./text.ts";

const marked = /(<!-- (figures|time): ([^>]*?) -->\n)([\s\S]*?)(<!-- end -->)/g;

export function inMarkdown(page: string, result: Result): string {
  return page.replace(marked, (_, begin, what, names, old, end) => {
    const wanted = names.split(",").map((name: string) => name.trim());
    const rows = result.rows.filter(
      (row) =>
        (row.profile === undefined) === (what === "figures") && // a profiler takes its own time
        wanted.some((name: string) => isMeant(row, name)),
    );
    if (rows.length === 0) return `${begin}${old}${end}`;
    const written =
      what === "figures" ? figures(rows, { old, wanted }, result) : times(rows, result);
    return `${begin}${written}${end}`;
  });
}

/** By name, by the beginning of one with a star behind it, or by the case of which it is a part. */
const isMeant = ({ name }: Pick<Row, "name">, wanted: string): boolean =>
  wanted.endsWith("*")
    ? name.startsWith(wanted.slice(0, -1))
    : name === wanted || name.startsWith(`${wanted}: `);

const head = `| Case | Ours | Spread | p50, p99, p99.9 | Beside | Longest pause | Target |
|---|---|---|---|---|---|---|
`;

interface Table {
  readonly old: string;
  /** Names, in the order of the table. */
  readonly wanted: readonly string[];
}

function figures(rows: readonly Row[], { old, wanted }: Table, result: Result): string {
  const lines = standingIn(old);
  const run = runText(result);
  for (const row of rows) lines.set(row.name, { text: lineOf(row, result.about[row.name]), run });
  const place = (name: string): number => wanted.findIndex((one) => isMeant({ name }, one));
  const ordered = [...lines].sort(([one], [other]) => place(one) - place(other));
  return `${head}${ordered.map(([, { text }]) => text).join("\n")}\n\n${runsText(ordered)}\n`;
}

/** A row of a table, and what is said of the run that measured it. */
interface Line {
  readonly text: string;
  readonly run: string;
}

const untold = "`npm run bench`, nobody wrote down when";

const runText = ({ command, machine }: Result): string =>
  `\`${command}\`: ${circumstancesText(machine).split("\n").join("; ")}.`;

/** Names go before a run where not all rows are of it. */
function runsText(lines: readonly (readonly [string, Line])[]): string {
  const runs = [...new Set(lines.map(([, { run }]) => run))];
  if (runs.length === 1) return runs.join();
  const named = runs.map((run) => {
    const own = lines.filter(([, line]) => line.run === run);
    return `${own.map(([name]) => `**${name}**`).join(", ")}: ${run}`;
  });
  return named.join("\n\n");
}

/** By their names, what `figures` wrote. */
function standingIn(table: string): Map<string, Line> {
  const lines = table.split("\n");
  const runs = lines
    .filter((line) => /^[^|]/.test(line))
    .map((line) => {
      const [, names, run = line] = /^(\*\*.*?\*\*): (?=`)(.*)$/.exec(line) ?? [];
      return { names: names?.slice(2, -2).split("**, **"), run };
    });
  const runOf = (name: string): string =>
    runs.find(({ names }) => names === undefined || names.includes(name))?.run ?? untold;
  return new Map(
    lines.flatMap((text) => {
      const name = /^\| \*\*(.*?)\*\*/.exec(text)?.[1];
      return name === undefined ? [] : [[name, { text, run: runOf(name) }] as const];
    }),
  );
}

function lineOf(row: Row, about: string | undefined): string {
  const of = row.percentiles;
  const targets = (row.targets ?? [])
    .filter((target) => targetValue(row, target) !== undefined)
    .map((target) => `${verdictOf(row, target)} ${targetText(row, target)}`);
  const said = [about, row.note].filter((text) => text !== undefined);
  const cells = [
    [`**${row.name}**`, ...said].join("<br>"),
    `${figureText(row.median, row.unit)}${boundText(row)}`,
    [spreadText(row), ...(noises(row).length > 0 ? ["noisy"] : [])].filter(Boolean).join(", "),
    of === undefined ? "" : [of.p50, of.p99, of.p999].map(ms).join(", "),
    (row.beside ?? []).map((one) => besideText(one, row.unit)).join("<br>"),
    pauseText(row),
    targets.join("<br>"),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Of times with the tail of theirs, which is what they are about. */
function besideText(one: Beside, unit: Unit): string {
  const { median, percentiles: of } = one;
  const tail = unit === "ms" && of !== undefined ? `, p99 ${ms(of.p99)}, p99.9 ${ms(of.p999)}` : "";
  const noisy = isScattered(one) ? ", noisy" : "";
  return `${ratioText(one)} (${figureText(median, unit)}${tail}${noisy}${boundText(one)})`;
}

const boundText = (figure: Figure): string => (isLoadBound(figure) ? ", load-bound" : "");

/** An area that has less of every row is left out. */
const shareMin = 0.01;

function times(rows: readonly Row[], result: Result): string {
  const areas = new Map<string, Map<string, number>>();
  for (const { name, profile } of rows) {
    for (const { of, share } of profile?.areas ?? []) {
      areas.set(of, (areas.get(of) ?? new Map()).set(name, share));
    }
  }
  const names = rows.map(({ name }) => name);
  const weighty = [...areas].filter(([, shares]) => Math.max(...shares.values()) >= shareMin);
  const lines = weighty.map(([area, shares]) => {
    const cells = names.map((name) => percent(shares.get(name) ?? 0));
    return `| ${[area, ...cells].join(" | ")} |`;
  });
  const head = `| | ${names.join(" | ")} |\n|---|${"---|".repeat(names.length)}\n`;
  return `${head}${lines.join("\n")}\n\n${runText(result)}\n`;
}
