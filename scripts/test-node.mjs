/**
 * Runs the suite on another major version of Node, whose binary comes from the npm registry, and fails for a deprecation too.
 * Usage: npm run test:node -- 22 [arguments of vitest]
 */
import { join } from "node:path";
import { nodeOf, root, run } from "./projects.mjs";

const [major = "", ...rest] = process.argv.slice(2);
if (!/^\d+$/.test(major)) {
  console.error("test:node: which Node?\n  try     npm run test:node -- 22");
  process.exit(2);
}
const env = {
  ...(await nodeOf(major, join(root, "node_modules/.cache/zkms"))),
  NODE_OPTIONS: "--pending-deprecation --trace-deprecation",
};
const options = { cwd: root, env, timeout: 0 };
console.log((await run("node", ["--version"], { ...options, show: false })).said.trim());
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const { ok, said } = await run("node", [vitest, "run", ...rest], options);
const deprecations = [...new Set(said.match(/^.*DeprecationWarning.*$/gm))];
for (const line of deprecations) console.error(`test:node: ${line}`);
process.exitCode = ok && deprecations.length === 0 ? 0 : 1;
