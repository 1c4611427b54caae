// The report for a browser: one file that needs nothing else, with the chart library in it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { isPauseHeld, type Percentiles, type Row, targetValue } from "../row.ts";
import { circumstancesText } from "./circumstances.ts";
import { reservations } from "./noise.ts";
import type { Result } from "./result.ts";
import {
  figureText,
  ms,
  pauseText,
  ratioText,
  spreadText,
  targetText,
  verdictOf,
  verdicts,
} from "./text.ts";

const chartLibrary = new URL(
  "chart.umd.min.js", // beside the entry, as the package exports no path to it
  pathToFileURL(createRequire(import.meta.url).resolve("chart.js")),
);
const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

export function htmlText(result: Result): string {
  const { rows, about, machine, command } = result;
  const { held, missed } = verdicts(rows);
  const library = readFileSync(chartLibrary, "utf8").replace(/^\/\/# sourceMappingURL.*$/m, "");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>zookeeper-memory-server: benchmarks</title>
<style>${read("page.css")}</style>
</head>
<body>
<header>
<h1>zookeeper-memory-server <small>benchmarks</small></h1>
<p><code>${escaped(command)}</code></p>
<p>${escaped(circumstancesText(machine)).replaceAll("\n", "<br>")}</p>
<p class="verdict"><b>${held}</b> targets held, <b class="${missed.length > 0 ? "missed" : ""}">${missed.length}</b> missed</p>
</header>
<main>
<div id="charts"></div>
<h2>Every figure</h2>
<div class="wide"><table>
<thead><tr><th>Case</th><th>Ours</th><th>Spread</th><th>Beside</th><th>p50 / p99 / p99.9</th><th>Processor</th><th>Pause</th><th>Target</th></tr></thead>
<tbody>
${rows.map((row) => rowHtml(row, about[row.name])).join("\n")}
</tbody>
</table></div>
</main>
<script>${inScript(library)}</script>
<script id="rows" type="application/json">${inScript(JSON.stringify(rows))}</script>
<script>${inScript(read("charts.js"))}</script>
</body>
</html>
`;
}

function rowHtml(row: Row, about: string | undefined): string {
  const said = [about, row.note, ...reservations(row)];
  const subtitle = said.filter((text) => text !== undefined).map((text) => escaped(text));
  const beside = (row.beside ?? []).map(
    (one) =>
      `${escaped(ratioText(one))}<span class="of">${figureText(one.median, row.unit)}</span>` +
      (one.percentiles ? `<span class="of">${percentiles(one.percentiles, " / ")}</span>` : ""),
  );
  const targets = (row.targets ?? [])
    .filter((target) => targetValue(row, target) !== undefined)
    .map((target) => {
      const verdict = verdictOf(row, target);
      return `<span class="${verdict}">${verdict} ${escaped(targetText(row, target))}</span>`;
    });
  const of = row.percentiles;
  const cells = [
    `<b>${escaped(row.name)}</b><span class="about">${subtitle.join("<br>")}</span>`,
    figureText(row.median, row.unit),
    spreadText(row),
    beside.join(""),
    of === undefined ? "" : percentiles(of, "<br>"),
    row.cpuMicros === undefined ? "" : `${row.cpuMicros.toFixed(2)} µs`,
    `<span class="${isPauseHeld(row) ? "" : "misses"}">${pauseText(row)}</span>`,
    targets.join("<br>"),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

const percentiles = ({ p50, p99, p999 }: Percentiles, between: string): string =>
  [p50, p99, p999].map(ms).join(between);

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const escaped = (text: string): string => text.replace(/[&<>]/g, (sign) => entities[sign] ?? sign);
/** Nothing in it ends the script. */
const inScript = (text: string): string => text.replaceAll("</", "<\\/");
