import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { check, History } from "../../../src/check/index.ts";

const read = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = read("docs/check.md");

test("the page's lines are a history that holds", async () => {
  const [, lines = ""] = /^```json\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const report = await check(History.parse(lines));
  expect(report).toMatchObject({ violations: [], operations: 3, watchEvents: 1, unknown: 1 });
});

test("the page tells of every rule", () => {
  const [, declared = ""] = /export type Rule =([\s\S]*?);/.exec(read("src/check/report.ts")) ?? [];
  const rules = [...declared.matchAll(/\| "([\w-]+)"/g)].map(([, rule]) => rule);
  const [, table = ""] = /^\| Rule \|.*\n\|.*\n((?:\|.*\n)*)/m.exec(page) ?? [];
  const names = table.split("\n").map((row) => row.split("|")[1] ?? "");
  const told = names.flatMap((cell) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, rule]) => rule));
  expect(told.toSorted()).toEqual(rules.toSorted());
});
