/** Sums vitest's json reports: a suite that could not load, or left no report, is one failure. */
import { existsSync, readFileSync } from "node:fs";

let passed = 0;
let failed = 0;
for (const path of process.argv.slice(2)) {
  if (!existsSync(path)) {
    console.log(`${path}: no report`);
    failed += 1;
    continue;
  }
  const report = JSON.parse(readFileSync(path, "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  for (const { name, status, assertionResults } of report.testResults ?? []) {
    const skipped = assertionResults.filter(
      (result) => result.status !== "passed" && result.status !== "failed",
    );
    if (status === "failed" && assertionResults.every((result) => result.status !== "failed")) {
      console.log(`${name}: failed outside its tests`);
      failed += 1;
    }
    if (skipped.length > 0) console.log(`${name}: ${skipped.length} not run`);
    if (path.endsWith("clients.json")) failed += skipped.length; // a real client is never skipped here
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
