import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const projects = readdirSync(new URL("examples/", root)).filter((name) =>
  existsSync(new URL(`examples/${name}/package.json`, root)),
);

test.each(projects)("examples/%s is run by CI, and the README leads to it", (name) => {
  const manifest = readFileSync(new URL(`examples/${name}/package.json`, root), "utf8");
  expect(JSON.parse(manifest).scripts?.test).toBeTypeOf("string"); // what scripts/examples.mjs looks for
  expect(readFileSync(new URL("README.md", root), "utf8")).toContain(`(examples/${name})`);
});
