import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const projects = readdirSync(new URL("examples/", root)).filter((name) =>
  existsSync(new URL(`examples/${name}/package.json`, root)),
);

interface Manifest {
  readonly version?: string;
  readonly scripts?: { readonly test?: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(new URL(`${folder}/package.json`, root), "utf8"));

test.each(projects)("examples/%s is run by CI, and the README leads to it", (name) => {
  expect(manifestOf(`examples/${name}`).scripts?.test).toBeTypeOf("string"); // what scripts/examples.mjs looks for
  expect(readFileSync(new URL("README.md", root), "utf8")).toContain(`(examples/${name})`);
});

test.each(projects)("examples/%s asks for the version that this is", (name) => {
  const { version } = manifestOf(".");
  const { dependencies, devDependencies } = manifestOf(`examples/${name}`);
  const asked = { ...dependencies, ...devDependencies }["zookeeper-memory-server"];
  expect(asked).toBe(`^${version}`);
});
