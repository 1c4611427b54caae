import { expect, test } from "vitest";
import { inMarkdown } from "../../../benchmarks/report/markdown.ts";
import type { Result } from "../../../benchmarks/report/result.ts";
import type { Row } from "../../../benchmarks/row.ts";
import { figureOf } from "../../../benchmarks/statistics.ts";

const machine = {
  at: "2026-01-01 00:00",
  node: "v20.0.0",
  processors: 4,
  model: "processor",
  memoryGb: 8,
  loadBefore: 0,
  loadAfter: 0,
};
const row = (name: string, figure: number): Row => ({
  name,
  unit: "requests/s",
  ...figureOf([figure]),
});
const result = (...rows: Row[]): Result => ({
  machine,
  quick: false,
  command: "npm run bench",
  rows,
  about: {},
});
const later = (...rows: Row[]): Result => ({
  ...result(...rows),
  command: "npm run bench -- --only 'reads'",
  machine: { ...machine, at: "2026-01-02 00:00", loadBefore: 1 },
});
const names = (page: string): string[] =>
  [...page.matchAll(/\*\*(.*?)\*\* \| ([\d,]+)/g)].map(([, name, figure]) => `${name} ${figure}`);

const page = "before\n<!-- figures: reads, growth* -->\n<!-- end -->\nafter\n";

test("rows stand between the marks that name them, and the rest of the page as it was", () => {
  const written = inMarkdown(
    page,
    result(row("reads", 5), row("writes", 6), row("growth-x: reads", 7)),
  );
  expect(names(written)).toEqual(["reads 5", "growth-x: reads 7"]);
  expect(written).toMatch(/^before\n[\s\S]*<!-- end -->\nafter\n$/);
});

/** What is said of the rows, under them. */
const runs = (page: string): string[] =>
  page.split("\n").filter((line) => line.includes("`npm run bench"));
const first =
  "`npm run bench`: Node v20.0.0, 4 × processor, 8 GB, 2026-01-01 00:00 UTC; load average 0.00 before, 0.00 after.";
const second =
  "`npm run bench -- --only 'reads'`: Node v20.0.0, 4 × processor, 8 GB, 2026-01-02 00:00 UTC; load average 1.00 before, 0.00 after.";

test("under rows of one run stand its command, its machine and its date", () => {
  expect(runs(inMarkdown(page, result(row("reads", 5), row("growth-x", 7))))).toEqual([first]);
});

test("a later run writes its own rows; of those it leaves, the page says of which run they are", () => {
  const old = inMarkdown(page, result(row("reads", 5), row("growth-x", 7), row("growth-y: a", 9)));
  const written = inMarkdown(old, later(row("reads", 8)));
  expect(names(written)).toEqual(["reads 8", "growth-x 7", "growth-y: a 9"]);
  expect(runs(written)).toEqual([
    `**reads**: ${second}`,
    `**growth-x**, **growth-y: a**: ${first}`,
  ]);
});

test("what a page says of several runs outlives the next one", () => {
  const old = inMarkdown(
    inMarkdown(page, result(row("reads", 5), row("growth-x", 7), row("growth-y", 9))),
    later(row("reads", 8)),
  );
  expect(inMarkdown(old, later(row("reads", 8)))).toBe(old);
  expect(runs(inMarkdown(old, later(row("growth-x", 8))))).toEqual([
    `**reads**, **growth-x**: ${second}`,
    `**growth-y**: ${first}`,
  ]);
});

test("a run that has measured all rows again is the only one that is told", () => {
  const old = inMarkdown(page, result(row("reads", 5), row("growth-x", 7)));
  const one = inMarkdown(old, later(row("growth-x", 8)));
  expect(runs(inMarkdown(one, later(row("reads", 9))))).toEqual([second]);
});

test("of a row under which no run is told, that is said", () => {
  const bare = page.replace("-->\n<", "-->\n| **growth-x** | 7 requests/s |\n<");
  const untold = "**growth-x**: `npm run bench`, nobody wrote down when";
  const written = inMarkdown(bare, later(row("reads", 5)));
  expect(runs(written)).toEqual([`**reads**: ${second}`, untold]);
  expect(runs(inMarkdown(written, later(row("reads", 6))))).toEqual(runs(written));
});

test("rows stand in the order of their names, whichever was measured first", () => {
  const old = inMarkdown(page, result(row("growth-x", 7)));
  expect(names(inMarkdown(old, result(row("reads", 5))))).toEqual(["reads 5", "growth-x 7"]);
});

test("a run of none of them leaves a table alone", () => {
  const old = inMarkdown(page, result(row("reads", 5)));
  expect(inMarkdown(old, result(row("writes", 5)))).toBe(old);
});

test("parts of a case belong to it", () => {
  const own = "<!-- figures: growth -->\n<!-- end -->\n";
  expect(names(inMarkdown(own, result(row("growth: writes", 1), row("growths", 2))))).toEqual([
    "growth: writes 1",
  ]);
});

const profiled = (name: string, share: number): Row => ({
  ...row(name, 1),
  profile: { areas: [{ of: "the tree", share }], hottest: [] },
});

test("figures of a profiled run are no figures", () => {
  expect(inMarkdown(page, result(profiled("reads", 0.1)))).toBe(page);
});

test("profiles stand side by side", () => {
  const marks = "<!-- time: reads, writes -->\n<!-- end -->\n";
  const written = inMarkdown(marks, result(profiled("reads", 0.1), profiled("writes", 0.2)));
  expect(written).toContain(
    "| | reads | writes |\n|---|---|---|\n| the tree | 10 % | 20 % |\n\n`npm run bench`: Node",
  );
});

test("a yardstick of times has its tail beside it, and whatever is to be known of it", () => {
  const beside = { name: "the limit", ratio: 2, ...figureOf([5, 10]), loadBusy: 1 };
  const percentiles = { p50: 1, p99: 2, p999: 3 };
  const reads: Row = { ...row("reads", 5), unit: "ms", pauseMs: 51 };
  const written = inMarkdown(page, result({ ...reads, beside: [{ ...beside, percentiles }] }));
  expect(written).toContain(
    "| **reads** | 5.00 ms |  |  | 2.0 × the limit (10.0 ms, p99 2.00 ms, p99.9 3.00 ms, noisy, load-bound) | 51.0 ms, misses ≤ 50 ms |  |",
  );
});
