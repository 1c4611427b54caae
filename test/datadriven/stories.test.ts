import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { play } from "./runner.ts";

const folder = dirname(fileURLToPath(import.meta.url));
const stories = ["election", "zab", "reconfig"].flatMap((kind) =>
  readdirSync(join(folder, kind))
    .filter((name) => name.endsWith(".txt"))
    .sort()
    .map((name) => join(kind, name)),
);

test.each(stories)("%s", async (name) => {
  const path = join(folder, name);
  await expect(play(readFileSync(path, "utf8"))).toMatchFileSnapshot(path);
});
