/**
 * Runs every project under examples/ as its reader would: in a folder of its own, against the packed tarball.
 * Usage: node scripts/examples.mjs [part of a name…]
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./projects.mjs";
import { tryCells } from "./trial.mjs";

const projects = readdirSync(join(root, "examples")).filter((name) =>
  existsSync(join(root, "examples", name, "package.json")),
);
await tryCells(
  "examples",
  projects.sort().map((name) => ({ name, project: `examples/${name}` })),
  { atOnce: 2 },
);
