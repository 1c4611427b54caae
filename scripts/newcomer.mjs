/**
 * Does what a newcomer does with each runner and language: an empty folder, the packed tarball, the files and commands that the pages
 * show, to a green test; then a test that fails, and what that prints; and what importing the package costs.
 * Usage: node scripts/newcomer.mjs [part of a name…]; `--list` names them.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { avaRed, jestRed, mochaRed, nodeRed, vitestRed } from "./matrix/cells.mjs";
import { root } from "./projects.mjs";
import { tryCells } from "./trial.mjs";

/** The code that a page shows and that has this text, in its fence or the line that opens it. */
function shown(page, text) {
  const fences = readFileSync(join(root, page), "utf8").matchAll(/^```(.*)\n([\s\S]*?)^```$/gm);
  for (const [, head, code] of fences) if (`${head}\n${code}`.includes(text)) return code;
  throw new Error(`${page} shows nothing with ${text}`);
}

const manifest = (test, more) => JSON.stringify({ private: true, scripts: { test }, ...more });

/** What a page tells to install, where a line begins so: this package, which the tarball stands for, and others. */
const installedBy = (page, begins = "npm install --save-dev") =>
  /^npm install --save-dev zookeeper-memory-server ?(.*)$/m
    .exec(shown(page, begins))[1]
    .split(" ")
    .filter((name) => name !== "");

const lastLine = (text) => text.trim().split("\n").at(-1);

/** The newest of each runner that this version of Node can run. */
const onOldNode = process.versions.node.startsWith("20.")
  ? { ava: "ava@6", vitest: "vitest@4" }
  : {};
const newest = (name) => onOldNode[name] ?? `${name}@latest`;

const vitestCell = {
  name: "vitest",
  files: {
    "package.json": manifest(lastLine(shown("docs/vitest.md", "npx vitest"))),
    "vitest.config.ts": shown("README.md", "defineConfig({ test: { globalSetup"),
    "test/readme.test.ts": shown("README.md", "a write survives its leader"),
    "test/first.test.ts": shown("docs/vitest.md", "examples/vitest/test/first.test.ts"),
  },
  install: installedBy("docs/vitest.md").map(newest),
  red: vitestRed,
};

const jestCell = {
  name: "jest",
  files: {
    "package.json": manifest(lastLine(shown("docs/jest.md", "npx jest"))),
    "jest.config.js": shown("docs/jest.md", "examples/jest/jest.config.js"),
    "test/first.test.js": shown("docs/jest.md", "examples/jest/test/first.test.js"),
    "test/by-hand.test.js": `${shown("docs/jest.md", "beforeAll(async")}
test("it leads", async () => {
  expect(await (await ensemble.leader()).role()).toBe("leader");
});
`,
  },
  install: installedBy("docs/jest.md").map(newest),
  red: jestRed,
};

const nodeTestCell = {
  name: "node:test",
  files: {
    "package.json": manifest(lastLine(shown("docs/node-test.md", "node --test")), {
      type: "module",
    }),
    "test/first.test.js": shown("docs/node-test.md", "examples/node-test/test/first.test.js"),
  },
  red: nodeRed,
};

const mochaInstall = "npm install --save-dev zookeeper-memory-server mocha";

const mochaCell = {
  name: "mocha",
  files: {
    "package.json": manifest(lastLine(shown("docs/node-test.md", mochaInstall)), {
      type: "module",
    }),
    "test/zookeeper.js": shown("docs/node-test.md", "examples/mocha/test/zookeeper.js"),
    "test/config.test.js": shown("docs/node-test.md", "examples/mocha/test/config.test.js"),
  },
  install: installedBy("docs/node-test.md", mochaInstall).map(newest),
  red: mochaRed,
};

const avaInstall = "npm install --save-dev zookeeper-memory-server ava";
const avaTest = shown("docs/node-test.md", "examples/ava/test/config.test.js");

const avaCell = {
  name: "ava",
  files: {
    "package.json": manifest(lastLine(shown("docs/node-test.md", avaInstall)), {
      type: "module",
    }),
    "test/config.test.js": avaTest,
  },
  install: installedBy("docs/node-test.md", avaInstall).map(newest),
  red: avaRed(avaTest),
};

const otherLanguages = "docs/other-languages.md";

/** All files that the page of other languages shows for this one, and the command that runs them. */
function languageCell(language, says, more) {
  const fence = new RegExp(`^\`\`\`${language} newcomer (.+)\\n([\\s\\S]*?)^\`\`\`$`, "gm");
  const files = readFileSync(join(root, otherLanguages), "utf8").matchAll(fence);
  return {
    name: language,
    files: {
      "package.json": manifest(),
      ...Object.fromEntries([...files].map(([, file, code]) => [file, code])),
    },
    test: commandFor(language),
    says,
    ...more,
  };
}

const commandFor = (language) => [
  "bash",
  "-euc",
  shown(otherLanguages, `sh newcomer ${language}\n`),
];

const pythonCell = languageCell("python", /2 passed/, {
  path: [dirname(process.execPath), "/usr/bin"], // Debian's Python has kazoo, and pytest beside it
  red: {
    file: "test_red.py",
    code: "def test_red():\n    assert 1 == 2\n",
    test: commandFor("python"),
    prints: /1 failed, 2 passed/,
    timeline: "run.html",
  },
});

/**
 * The aim is 60 ms where a bare start of Node takes 40; machines are noisy, and what fails here has brought in far more than
 * before: a second library, or all of its entries.
 */
const bareTimesMax = 1;

const esmCell = {
  name: "esm",
  project: "scripts/matrix/esm",
  imports: {
    flags: ["--input-type=module"],
    code: 'await import("zookeeper-memory-server");',
    bareTimesMax,
  },
};

const cjsCell = {
  name: "cjs",
  project: "scripts/matrix/cjs",
  imports: {
    flags: ["--input-type=commonjs"],
    code: 'require("zookeeper-memory-server");',
    bareTimesMax,
  },
};

await tryCells(
  "newcomer",
  [
    jestCell, // the longest first
    vitestCell,
    mochaCell,
    avaCell,
    nodeTestCell,
    esmCell,
    cjsCell,
    {
      name: "typescript",
      project: "scripts/matrix/typescript",
      install: ["typescript", "@types/node"],
    },
    languageCell("java", /2 tests successful/),
    languageCell("go", /^--- PASS: TestReadsWhatItWrote/m),
    languageCell("rust", /^test reads_what_it_wrote \.\.\. ok$/m),
    languageCell("shell", /\[\/config blue\]: rc = 0/),
    pythonCell,
  ],
  { atOnce: 2 },
);
