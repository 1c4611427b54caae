// What the matrix is made of: a project, what is installed besides what it names, a test that fails, and what it must print.

export const vitestRed = {
  file: "test/red.test.ts",
  code: `import { expect } from "vitest";
import { test } from "zookeeper-memory-server/vitest";
test("is red", { timeout: 60_000 }, async ({ ensemble }) => {
  await ensemble.kill("all");
  expect(1).toBe(2);
});
`,
  prints:
    /ZooKeeper when .*\n +peers {5}1 crashed\n +2 crashed\n +3 crashed\n +replay +seed \w+\n +timeline +(\S+\.html)/,
};

export const jestRed = {
  file: "test/red.test.js",
  code: `/** @zkms-peers 1 */
test("is red", async () => {
  await __ZOOKEEPER_ENSEMBLE__.kill("all");
  expect(1).toBe(2);
});
`,
  prints: /ZooKeeper when .*\n +peers {5}1 crashed\n +replay +seed \w+\n +timeline +(\S+\.html)/,
};

export const nodeRed = {
  file: "test/red.test.js",
  code: `import assert from "node:assert/strict";
import { test } from "node:test";
import { useEnsemble } from "zookeeper-memory-server/node-test";
test("is red", async (t) => {
  await (await useEnsemble(t, { peers: 1 })).kill("all");
  assert.equal(1, 2);
});
`,
  prints:
    /ZooKeeper when .*\n\S? +peers {5}1 crashed\n\S? +replay +seed \w+\n\S? +timeline +(\S+\.html)/,
};

/** What the recipes of docs/node-test.md print. */
const recipes =
  /peers {5}1 \w+ \| 2 \w+ \| 3 \w+\n.* replay {4}seed \w+\n.* timeline {2}(\S+\.html)/;

export const mochaRed = {
  file: "test/red.test.js",
  code: `it("is red", async function () {
  await this.zk.seedTree({ config: "blue" });
  throw new Error("red");
});
`,
  prints: recipes,
};

/** AVA's hooks are a file's own: the red test stands behind the green ones. */
export const avaRed = (green) => ({
  file: "test/red.test.js",
  code: `${green}
test("is red", (t) => t.fail());
`,
  prints: recipes,
});

const vitest = (version, more) => ({
  name: `vitest ${version}`,
  project: "examples/vitest",
  install: [`vitest@${version}`, "typescript@5.9", ...(more?.install ?? [])],
  types: true,
  red: vitestRed,
  ...(more?.node !== undefined && { node: more.node }),
});

const jest = (version, kind, packages = [], red = jestRed) => ({
  name: `jest ${version}${kind === "" ? "" : ` ${kind}`}`,
  project: kind === "" ? "examples/jest" : `scripts/matrix/jest-${kind}`,
  install: [`jest@${version}`, `jest-environment-node@${version}`, ...packages],
  red,
});

const watch = (runner, packages, node) => ({
  name: `${runner} watch`,
  project: `scripts/matrix/${runner.split(" ")[0]}-watch`,
  install: packages,
  watch: runner,
  ...(node !== undefined && { node }),
});

const tsJest = ["ts-jest@29", "typescript@5.9", "@types/node@20"];
const babel = ["@babel/core@7", "@babel/preset-env@7", "@babel/preset-typescript@7"];

export const cells = [
  vitest(3),
  vitest("4.0"),
  vitest(4),
  vitest(5, { node: 22, install: ["@types/node@22"] }),
  watch("vitest 3", ["vitest@3"]),
  watch("vitest 4", ["vitest@4"]),
  watch("vitest 5", ["vitest@5"], 22),
  ...[29, 30].flatMap((version) => [
    jest(version, ""),
    jest(version, "esm"),
    jest(version, "ts", [...tsJest, `@types/jest@${version}`]),
    jest(version, "babel", [...babel, `babel-jest@${version}`]),
  ]),
  watch("jest 29", ["jest@29", "jest-environment-node@29"]),
  watch("jest 30", ["jest@30", "jest-environment-node@30"]),
  ...[undefined, 22, 24].map((node) => ({
    name: `node:test, ${node === undefined ? "this node" : `node ${node}`}`,
    project: "examples/node-test",
    red: nodeRed,
    ...(node !== undefined && { node }),
  })),
  { name: "esm", project: "scripts/matrix/esm" },
  { name: "cjs", project: "scripts/matrix/cjs" },
  {
    name: "typescript",
    project: "scripts/matrix/typescript",
    install: ["typescript@5.9", "@types/node@20"],
  },
];
