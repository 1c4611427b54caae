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
  command: "",
  rows,
  about: {},
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

test("a later run writes its own rows and leaves the others", () => {
  const first = inMarkdown(page, result(row("reads", 5), row("growth-x", 7)));
  expect(names(inMarkdown(first, result(row("reads", 8))))).toEqual(["reads 8", "growth-x 7"]);
});

test("rows stand in the order of their names, whichever was measured first", () => {
  const first = inMarkdown(page, result(row("growth-x", 7)));
  expect(names(inMarkdown(first, result(row("reads", 5))))).toEqual(["reads 5", "growth-x 7"]);
});

test("a run of none of them leaves a table alone", () => {
  const first = inMarkdown(page, result(row("reads", 5)));
  expect(inMarkdown(first, result(row("writes", 5)))).toBe(first);
});

test("parts of a case belong to it", () => {
  const own = "<!-- figures: growth -->\n<!-- end -->\n";
  expect(names(inMarkdown(own, result(row("growth: writes", 1), row("growths", 2))))).toEqual([
    "growth: writes 1",
  ]);
});

const profiled = (name: string, share: number): Row => ({
  ...row(name, 1),
  profile: [{ area: "the tree", share }],
});

test("figures of a profiled run are no figures", () => {
  expect(inMarkdown(page, result(profiled("reads", 0.1)))).toBe(page);
});

test("profiles stand side by side", () => {
  const marks = "<!-- time: reads, writes -->\n<!-- end -->\n";
  const written = inMarkdown(marks, result(profiled("reads", 0.1), profiled("writes", 0.2)));
  expect(written).toContain("| | reads | writes |\n|---|---|---|\n| the tree | 10 % | 20 % |");
});
