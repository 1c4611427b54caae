// Every snippet of README.md and docs/ is run, or is a part of an example that is, or is named below with the reason.
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as check from "../../src/check/index.ts";
import { program } from "../../src/cli/program.ts";
import * as client from "../../src/client/index.ts";
import * as entry from "../../src/index.ts";
import { anchorsOf, linksOf, nameOf, pages, type Snippet, snippets, textOf } from "./pages.ts";
import { importsInside, typeErrorsOf } from "./snippet-types.ts";

/** What nobody runs here, by how it begins: a line's page, its first words, and why. */
const exceptions: readonly (readonly [page: string, begins: string, why: string])[] = [
  [
    "README.md",
    "npm install --save-dev",
    "installs; the newcomer's script does it from the tarball",
  ],
  ["README.md", "// vitest.config.ts", "examples/vitest has this file"],
  [
    "README.md",
    'import { test } from "zookeeper-memory-server/vitest"',
    "examples/vitest has such tests",
  ],
  ["README.md", "npm install && npm start", "is for a clone; cli.test.ts runs the demo"],
  ["CONTRIBUTING.md", "git clone", "is for a clone; CI does as much"],
  ["docs/apache.md", "import { apache }", "starts three Javas; test/apache does it"],
  ["docs/check.md", '{"type":"state"', "check/page.test.ts judges these lines"],
  ["docs/jest.md", "npm install", "installs; the newcomer's script does it from the tarball"],
  ["docs/node-test.md", "npm install", "installs, likewise"],
  ["docs/vitest.md", "npm install", "installs, likewise"],
  ["docs/performance.md", "npm run bench", "takes minutes; CI has a step that guards its figures"],
  [
    "docs/cli.md",
    "npx zookeeper-memory-server --json",
    "runs until it is stopped; cli.test.ts does both",
  ],
  ["docs/cli.md", '{"ready":true', "is shortened"],
  [
    "docs/cli.md",
    "npx zookeeper-memory-server --peers 1",
    "runs until it is stopped; cli.test.ts reads its first line",
  ],
  ["docs/control.md", "zk() {", "control-page.test.ts runs these lines"],
  ["docs/control.md", "curl -sSN", "control-page.test.ts runs this line"],
  ["docs/debug.md", "DEBUG=zkms:*", "runs a test of the reader's"],
  ["docs/other-languages.md", "npx zookeeper-memory-server --json", "as in cli.md"],
  [
    "docs/zoo-cfg.md",
    "npx zookeeper-memory-server --config conf/zoo.cfg\n",
    "runs until it is stopped; zoo-cfg.test.ts does both",
  ],
  ["docs/zoo-cfg.md", "import { startPeer }", "zoo-cfg.test.ts starts peers of such files"],
  [
    "docs/zoo-cfg.md",
    "npx zookeeper-memory-server --config conf/zoo.cfg --login-config",
    "likewise; quorum-sasl.test.ts gives such files to startPeer",
  ],
  ["docs/zoo-cfg.md", "export JAVA_HOME", "needs Debian's zkServer.sh; test/clients has it"],
];
/** Nothing that can be run. */
const otherLanguages = ["text", "json", "properties"];

const isException = ({ page, code }: Snippet): boolean =>
  exceptions.some(([where, begins]) => where === page && code.startsWith(begins));
const isPart = ({ check: how }: Snippet): boolean => how.startsWith("examples/");
const isNewcomers = ({ check: how }: Snippet): boolean => how.startsWith("newcomer ");
const wanted = snippets.filter(({ language }) => !otherLanguages.includes(language));
const isScript = ({ language }: Snippet): boolean => language === "ts" || language === "js";

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zkms-snippets-"));
  mkdirSync(join(folder, "bin"));
  command(
    "npx",
    `shift; exec node --import ${root}node_modules/tsx/dist/loader.mjs ${root}src/cli/main.ts "$@"`,
  );
  command("pytest", 'echo "the tests found $ZOOKEEPER_CONNECT"');
});
afterAll(() => rmSync(folder, { recursive: true }));

function command(name: string, script: string): void {
  const path = join(folder, "bin", name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

test("each snippet says how it is checked, and each exception is there", () => {
  const silent = wanted.filter((snippet) => {
    return (
      !isException(snippet) &&
      !/^(run|test|throws ZKMS_\w+|exits \d+|ctl|examples\/.+|newcomer \S+)$/.test(snippet.check)
    );
  });
  expect(silent.map(nameOf)).toEqual([]);
  const idle = exceptions.filter(
    ([page, begins]) =>
      !snippets.some((each) => each.page === page && each.code.startsWith(begins)),
  );
  expect(idle).toEqual([]);
});

test("what TypeScript says of them", { timeout: 120_000 }, () => {
  const checked = wanted.filter(
    (snippet) =>
      snippet.language === "ts" && /^(run|throws ZKMS_(?!BAD_OPTIONS))/.test(snippet.check),
  );
  expect(checked.length).toBeGreaterThan(20);
  expect(typeErrorsOf(checked)).toEqual([]);
});

describe("a part of an example is there, line by line", () => {
  test.each(wanted.filter(isPart).map((each) => [nameOf(each), each] as const))(
    "%s",
    (_name, { check: path, code }) => expect(textOf(path)).toContain(code),
  );
});

test("the newcomer's script has a cell for each language that is shown", () => {
  const shown = snippets.filter(isNewcomers);
  const commands = shown.filter(({ language }) => language === "sh");
  const languages = commands.map(({ check: how }) => how.replace("newcomer ", ""));
  const script = fileURLToPath(new URL("../../scripts/newcomer.mjs", import.meta.url));
  const listed = execFileSync(process.execPath, [script, "--list"], { encoding: "utf8" });
  expect(listed.split("\n")).toEqual(expect.arrayContaining(languages));
  for (const { language } of shown) expect(["sh", ...languages]).toContain(language);
});

describe("scripts run", () => {
  const scripts = wanted.filter((each) => isScript(each) && !isPart(each) && !isException(each));
  test.each(scripts.map((each) => [nameOf(each), each] as const))("%s", async (_name, snippet) => {
    const [, code] = /^throws (\w+)$/.exec(snippet.check) ?? [];
    const outcome = runScript(snippet);
    if (code === undefined) await outcome;
    else await expect(outcome).rejects.toMatchObject({ code });
  });
});

/** As the reader has it: an ensemble, a client, /config, and the names of the package. */
async function runScript({ code }: Snippet): Promise<void> {
  await using ensemble = await entry.startEnsemble(3, { control: true });
  const zk = await ensemble.connect();
  await zk.create("/config", "blue");
  const opened: entry.Ensemble[] = [];
  const startEnsemble = async (...options: Parameters<typeof entry.startEnsemble>) => {
    const made = await entry.startEnsemble(...options);
    opened.push(made);
    return made;
  };
  const calls: (() => unknown)[] = [];
  const later = (call: () => unknown): void => void calls.push(call);
  const inVitest = { expect, test: (_name: string, body: () => unknown) => later(body) };
  const modules = new Map<string, object>([
    ["vitest", inVitest],
    ["zookeeper-memory-server", { ...entry, startEnsemble }],
    ["zookeeper-memory-server/client", client],
    ["zookeeper-memory-server/check", check],
  ]);
  const hooks = { beforeAll: later, afterEach: later, afterAll: later };
  const atHand = {
    ...Object.assign({}, ...modules.values()),
    ...hooks,
    ensemble,
    zk,
    url: ensemble.controlUrl,
    token: ensemble.controlToken,
    require: (name: string) => modules.get(name),
  };
  const { outputText } = ts.transpileModule(
    `const snippet = async () => {${importsInside(code).replaceAll("await import(", "require(")}};`,
    { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } },
  );
  const body = `${outputText}; return snippet();`; // in front of it are the helpers of `using`
  const before = process.cwd();
  process.chdir(folder);
  try {
    await new Function(...Object.keys(atHand), body)(...Object.values(atHand));
    for (const call of calls) await call();
  } finally {
    process.chdir(before);
    for (const made of opened) await made.close();
  }
}

describe("commands run", () => {
  const commands = wanted.filter(
    (each) => each.language === "sh" && !isException(each) && !isNewcomers(each),
  );
  const once = new Map(commands.map((each) => [each.code, each])); // pages may show the same one
  test.concurrent.each(
    [...once.values()]
      .filter((each) => each.check !== "ctl")
      .map((each) => [nameOf(each), each] as const),
  )("%s", { timeout: 120_000 }, async (_name, { check: how, code }) => {
    const wantedCode = Number(/^exits (\d+)$/.exec(how)?.[1] ?? 0);
    expect(await runCommand(code)).toBe(wantedCode);
  });

  test("words of ctl", async () => {
    await using ensemble = await entry.startEnsemble(3, { control: true });
    vi.stubEnv("ZKMS_CONTROL_URL", ensemble.controlUrl);
    vi.stubEnv("ZKMS_CONTROL_TOKEN", ensemble.controlToken);
    const told = vi.spyOn(console, "log").mockImplementation(() => {});
    try {
      const calls = commands
        .filter((each) => each.check === "ctl")
        .flatMap(({ code }) => [...code.matchAll(/^npx \S+ (ctl [^#\n]+)/gm)])
        .map(([, words = ""]) => words.trim().split(/\s+/))
        .filter(([, verb]) => verb !== "follow"); // which does not end
      expect(calls.length).toBeGreaterThan(4);
      for (const words of calls) await program().parseAsync(words, { from: "user" });
      expect(told).toHaveBeenCalled();
    } finally {
      told.mockRestore();
      vi.unstubAllEnvs();
    }
  });
});

function runCommand(script: string): Promise<number> {
  const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"]}` };
  return new Promise((resolve) => {
    const child = execFile("bash", ["-euc", script], { env, cwd: folder }, (error) => {
      resolve(typeof error?.code === "number" ? error.code : 0);
    });
    child.stdin?.end();
  });
}

describe("links lead somewhere", () => {
  test.each(pages)("%s", (page) => {
    const lost = linksOf(page).filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : posix.join(posix.dirname(page), path);
      if (anchor !== undefined) return !anchorsOf(target).includes(anchor);
      return !existsSync(new URL(`../../${target}`, import.meta.url));
    });
    expect(lost).toEqual([]);
  });
});
