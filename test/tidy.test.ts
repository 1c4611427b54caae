/** The repository, checked by itself. Each rule is first shown to bite on a planted violation. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { barrelViolations, layerViolations } from "./tidy/layers.ts";
import {
  lengthViolations,
  machinePathViolations,
  nameViolations,
  sleepViolations,
  unfinishedViolations,
} from "./tidy/manners.ts";
import { purityViolations } from "./tidy/purity.ts";
import { readSources, type Source } from "./tidy/source.ts";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const code = readSources(root, ["src", "test", "benchmarks", "scripts"], [".ts", ".mjs"]);
const src = code.filter(({ path }) => path.startsWith("src/"));
const core = src.filter(({ path }) => path.startsWith("src/core/"));
const tests = code.filter(({ path }) => path.startsWith("test/"));
const prose = readSources(root, [""], [".md", ".ts", ".mjs", ".js", ".yml", "run"]);

const rules: Record<string, (source: Source) => string[]> = {
  layers: layerViolations,
  barrels: barrelViolations,
  purity: purityViolations,
  length: lengthViolations,
  names: nameViolations,
  unfinished: unfinishedViolations,
  sleeps: sleepViolations,
  paths: (source) => machinePathViolations(source, "/builds/checkout"),
};

function check(rule: string, sources: readonly Source[]): string[] {
  return sources.flatMap((source) => rules[rule]?.(source) ?? [`no rule ${rule}`]);
}

describe("a planted violation is found", () => {
  const mark = ["TO", "DO"].join("");
  test.each([
    ["layers", "src/core/tree/a.ts", 'import { b } from "../quorum/b.ts";'],
    ["layers", "src/core/tree/a.ts", 'import type { b } from "../server/b.ts";'],
    ["layers", "src/core/jute/a.ts", 'export type T = import("../protocol/b.ts").B;'],
    ["layers", "src/core/packets/a.ts", 'import { b } from "../network/b.ts";'],
    ["layers", "src/core/storage/a.ts", 'import { b } from "../network/b.ts";'],
    ["layers", "src/runtime/a.ts", 'const b = await import("../sim/b.ts");'],
    ["layers", "src/client/a.ts", 'import { b } from "../jest/b.ts";'],
    ["layers", "src/core/tree/a.ts", 'import { b } from "./b";'],
    ["layers", "src/core/tree/a.ts", 'import { b } from "../../../test/b.ts";'],
    ["layers", "src/elsewhere/a.ts", ""],
    ["barrels", "src/core/tree/index.ts", ""],
    ["barrels", "src/core/tree/a.ts", 'export * from "./b.ts";'],
    ["purity", "src/core/a.ts", "const at = () => Date.now();"],
    ["purity", "src/core/a.ts", "const chance = () => Math.random();"],
    ["purity", "src/core/a.ts", "type Later = Promise<void>;"],
    ["purity", "src/core/a.ts", "async function later() {}"],
    ["purity", "src/core/a.ts", "let count = 0;"],
    ["purity", "src/core/a.ts", "const seen = new Map<string, number>();"],
    ["purity", "src/core/a.ts", "const seen: string[] = [];"],
    ["purity", "src/core/a.ts", "const log = () => console.log(1);"],
    ["length", "src/a.ts", "a;\n".repeat(501)],
    ["names", "src/clientSocket.ts", ""],
    ["names", "src/core/base/utils.ts", ""],
    ["names", "src/a.ts", "export class SessionManager {}"],
    ["unfinished", "src/a.ts", `// ${mark}: later`],
    ["sleeps", "test/a.test.ts", "await new Promise((resolve) => setTimeout(resolve, 50));"],
    ["sleeps", "test/a.test.ts", "await new Promise<void>((r) => { setTimeout(() => r(), 50); });"],
    ["sleeps", "test/a.test.ts", 'import { setTimeout as pause } from "node:timers/promises";'],
    ["sleeps", "test/a.test.ts", "await sleep(50);"],
    ["paths", "README.md", "cd /builds/checkout/src"],
    ["paths", "docs/a.md", ["see ", "home", "someone"].join("/")],
  ])("%s: %s", (rule, path, text) => {
    expect(check(rule, [{ path, text }])).toHaveLength(1);
  });

  test.each([
    ["layers", "src/core/server/a.ts", 'import { b } from "../quorum/b.ts";'],
    ["layers", "src/cli/a.ts", 'import { b } from "../ensemble/b.ts";'],
    ["layers", "src/jest/a.ts", 'import { b } from "../index.ts";'],
    ["barrels", "src/client/index.ts", 'export * from "./b.ts";'],
    ["purity", "src/core/a.ts", "const names: ReadonlyMap<string, number> = new Map();"],
    ["purity", "src/core/a.ts", "const names = [1, 2] as const; // a Promise of nothing"],
    ["purity", "src/core/a.ts", "const names: readonly string[] = [];"],
    ["sleeps", "test/a.test.ts", "new Promise((_, fail) => setTimeout(() => fail(error), 50));"],
    ["paths", "README.md", "https://example.com/home/page"],
  ])("%s leaves alone: %s", (rule, path, text) => {
    expect(check(rule, [{ path, text }])).toEqual([]);
  });
});

describe("the repository", () => {
  test.each([
    ["imports point down, never up or sideways", "layers", src],
    ["only package entries re-export", "barrels", src],
    ["the core knows no clock, chance, promise, process or shared state", "purity", core],
    ["no file is longer than can be read in one sitting", "length", code],
    ["names are kebab-case and say something", "names", code],
    ["nothing is left for later", "unfinished", prose],
    ["no test sleeps", "sleeps", tests],
  ])("%s", (_, rule, sources) => {
    expect(check(rule, sources)).toEqual([]);
  });

  test("no text names a path of the machine it was written on", () => {
    const found = prose.flatMap((source) => machinePathViolations(source, root));
    expect(found).toEqual([]);
  });

  test("the package depends on the command line's parser alone, and its lock file names no registry", () => {
    const [manifest, lock] = ["package.json", "package-lock.json"].map((name) =>
      readSources(root, [""], [name]).find(({ path }) => path === name),
    );
    const { dependencies } = JSON.parse(manifest?.text ?? "{}");
    expect(Object.keys(dependencies)).toEqual(["commander"]);
    const importing = src.filter(({ text }) => text.includes('from "commander"'));
    expect(importing.filter(({ path }) => !path.startsWith("src/cli/"))).toEqual([]);
    expect(lock?.text).not.toContain('"resolved"');
  });
});
