// Tables of a page, between marks that say whose rows belong there: `<!-- figures: reads, writes* -->` to `<!-- end -->`. A run
// writes the rows that it measured; what it did not measure stays as it stands. `<!-- time: reads -->` is where a profile goes.
import type { Row } from "../row.ts";
import { targetValue } from "../row.ts";
import { circumstancesText } from "./circumstances.ts";
import { noises } from "./noise.ts";
import type { Result } from "./result.ts";
import { figureText, ms, percent, ratioText, targetText, verdictOf } from "./text.ts";

const marked = /(<!-- (figures|time): ([^>]*?) -->\n)([\s\S]*?)(<!-- end -->)/g;

export function inMarkdown(page: string, result: Result): string {
  return page.replace(marked, (_, begin, what, names, old, end) => {
    const wanted = names.split(",").map((name: string) => name.trim());
    const rows = result.rows.filter(
      (row) =>
        (row.profile === undefined) === (what === "figures") && // a profiler takes its own time
        wanted.some((name: string) => isMeant(row, name)),
    );
    const written = what === "figures" ? figures(rows, { old, wanted }, result) : times(rows, old);
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
  const { machine, about, quick } = result;
  if (rows.length === 0) return old;
  const kept = old.split("\n").filter((line) => line.startsWith("| **"));
  const lines = new Map(kept.map((line) => [nameIn(line), line]));
  for (const row of rows) lines.set(row.name, lineOf(row, about[row.name]));
  const place = (name: string): number => wanted.findIndex((one) => isMeant({ name }, one));
  const ordered = [...lines].sort(([one], [other]) => place(one) - place(other));
  const where = circumstancesText(machine).split("\n").join("; ");
  const command = `npm run bench --${quick ? " --quick" : ""} --only '${wanted.join(",")}'`;
  return `${head}${ordered.map(([, line]) => line).join("\n")}\n\n\`${command}\`: ${where}.\n`;
}

const nameIn = (line: string): string => /^\| \*\*(.*?)\*\*/.exec(line)?.[1] ?? line;

function lineOf(row: Row, about: string | undefined): string {
  const of = row.percentiles;
  const targets = (row.targets ?? [])
    .filter((target) => targetValue(row, target) !== undefined)
    .map((target) => `${verdictOf(row, target)} ${targetText(row, target)}`);
  const said = [about, row.note].filter((text) => text !== undefined);
  const cells = [
    [`**${row.name}**`, ...said].join("<br>"),
    figureText(row.median, row.unit),
    `${percent(row.spread)}${noises(row).length > 0 ? ", noisy" : ""}`,
    of === undefined ? "" : [of.p50, of.p99, of.p999].map(ms).join(", "),
    (row.beside ?? [])
      .map((one) => `${ratioText(one)} (${figureText(one.median, row.unit)})`)
      .join("<br>"),
    row.pauseMs === undefined ? "" : ms(row.pauseMs),
    targets.join("<br>"),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** An area that has less of every row is left out. */
const shareMin = 0.01;

function times(rows: readonly Row[], old: string): string {
  if (rows.length === 0) return old;
  const areas = new Map<string, Map<string, number>>();
  for (const { name, profile = [] } of rows) {
    for (const { area, share } of profile) {
      areas.set(area, (areas.get(area) ?? new Map()).set(name, share));
    }
  }
  const names = rows.map(({ name }) => name);
  const weighty = [...areas].filter(([, shares]) => Math.max(...shares.values()) >= shareMin);
  const lines = weighty.map(([area, shares]) => {
    const cells = names.map((name) => percent(shares.get(name) ?? 0));
    return `| ${[area, ...cells].join(" | ")} |`;
  });
  return `| | ${names.join(" | ")} |\n|---|${"---|".repeat(names.length)}\n${lines.join("\n")}\n`;
}
