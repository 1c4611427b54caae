import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { assertHistory, History } from "../../src/check/index.ts";
import { startEnsemble } from "../../src/index.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const sections = readme.split(/^## /m).slice(1);
const snippet = /^```ts run\n([\s\S]*?)^```$/m;

/** The body of a snippet as a function of what the README's reader has at hand. */
function compile(source: string): (...given: unknown[]) => Promise<void> {
  const { outputText } = ts.transpileModule(`async () => {${source}}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return new Function(
    "ensemble",
    "zk",
    "expect",
    "History",
    "assertHistory",
    `return (${outputText.replace(/;\s*$/, "")})()`,
  ) as never;
}

describe("the README's snippets run as they stand", () => {
  const runnable = sections.filter((section) => snippet.test(section));

  test("there is one for each hook it shows", () => {
    const titles = runnable.map((section) => section.split("\n")[0]);
    expect(titles).toEqual([
      "Kill the leader",
      "Partition",
      "Random faults",
      "Expire a session",
      "Move time",
      "See what happened",
      "Judge what clients saw",
    ]);
  });

  test.each(runnable.map((section) => [section.split("\n")[0], snippet.exec(section)?.[1] ?? ""]))(
    "%s",
    async (_title, source) => {
      await using ensemble = await startEnsemble(3);
      const zk = await ensemble.connect();
      await zk.create("/config", "blue");
      await compile(source)(ensemble, zk, expect, History, assertHistory);
    },
  );
});
