/**
 * Sums vitest's json reports, and names what failed: a suite that could not load, or left no report, is one failure, so is each
 * test that was not run beyond those that are known not to be, what failed outside of tests, and each failed step whose report,
 * if it has one, shows no failure.
 * Usage: node scripts/totals.mjs FAILED-STEPS REPORT…; FAILED-STEPS is a file with a step's name a line, REPORT is `STEP.json`.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { outsideOfTests, readFailures } from "./failures.mjs";

/** Of the suites that have their servers and clients installed, so that nothing is skipped for want of one. */
const skipsMax = {
  clients: 0,
  "conformance-ours": 0,
  "conformance-apache": 1, // "answers of a read-only peer keep their order", which Apache's do not
};

/** How many passed and failed of a step; what it said of them is printed. */
function countsOf(path) {
  const failures = readFailures(path);
  if (failures !== "") console.log(`${path}:\n${failures}`);
  const outside = failures.split("\n").filter((line) => line === `FAILED ${outsideOfTests}`);
  const report = reportAt(path);
  if (report === undefined) return { passed: 0, failed: 1 };
  let failed = report.numFailedTests + outside.length;
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
  const skipsOver = skips - (skipsMax[basename(path, ".json")] ?? skips);
  if (skipsOver > 0) {
    console.log(`${path}: ${skips} not run, of ${skips - skipsOver} that may be`);
    failed += skipsOver;
  }
  return { passed: report.numPassedTests, failed };
}

function reportAt(path) {
  if (!existsSync(path)) {
    console.log(`${path}: no report`);
    return undefined;
  }
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    console.log(`${path}: no whole report: ${error.message}`);
    return undefined;
  }
}

const [failedStepsFile, ...paths] = process.argv.slice(2);
const failedSteps = existsSync(failedStepsFile)
  ? readFileSync(failedStepsFile, "utf8").trimEnd().split("\n")
  : [];

let passed = 0;
let failed = 0;
const toldBy = new Set();
for (const path of paths) {
  const counts = countsOf(path);
  passed += counts.passed;
  failed += counts.failed;
  if (counts.failed > 0) toldBy.add(basename(path, ".json"));
}
failed += failedSteps.filter((name) => !toldBy.has(name)).length;
if (failedSteps.length > 0) console.log(`failed steps: ${failedSteps.join(", ")}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
