/**
 * Sums vitest's json reports, and names what failed: a suite that could not load, or left no report, is one failure, and so is each
 * test that was not run beyond those that are known not to be.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { readFailures } from "./failures.mjs";

/** Of the suites that have their servers and clients installed, so that nothing is skipped for want of one. */
const skipsMax = {
  "clients.json": 0,
  "conformance-ours.json": 0,
  "conformance-apache.json": 1, // "answers of a read-only peer keep their order", which Apache's do not
};

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
  let skips = 0;
  for (const { name, status, assertionResults } of report.testResults ?? []) {
    const skipped = assertionResults.filter(
      (result) => result.status !== "passed" && result.status !== "failed",
    );
    if (status === "failed" && assertionResults.every((result) => result.status !== "failed")) {
      console.log(`${name}: failed outside its tests`);
      failed += 1;
    }
    if (skipped.length > 0) console.log(`${name}: ${skipped.length} not run`);
    skips += skipped.length;
  }
  const skipsOver = skips - (skipsMax[basename(path)] ?? skips);
  if (skipsOver > 0) {
    console.log(`${path}: ${skips} not run, of ${skips - skipsOver} that may be`);
    failed += skipsOver;
  }
  const failures = readFailures(path);
  if (failures !== "") console.log(`${path}:\n${failures}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
