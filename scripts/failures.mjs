/**
 * What failed, in few lines, in a file beside a json report of totals; totals.mjs ends a run with it, for the end of a log is what
 * is read, and often all that is kept of it. Vitest's own json report has neither the differences that a test saw nor what
 * failed outside of tests.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

const failuresMax = 20;
const linesMax = 30;

const fileOf = (report) => report.replace(/(\.json)?$/, ".failures.txt");

/** Of each failure the `name` of what failed, and its `lines`, of which the first are kept. */
export function writeFailures(report, failures) {
  const texts = failures.slice(0, failuresMax).map(({ name, lines }) => {
    const shown = lines.slice(0, linesMax).map((line) => `    ${stripVTControlCharacters(line)}`);
    if (lines.length > linesMax) shown.push(`    … ${lines.length - linesMax} lines more`);
    return [`FAILED ${name}`, ...shown].join("\n");
  });
  if (failures.length > failuresMax) texts.push(`… ${failures.length - failuresMax} failures more`);
  writeFileSync(fileOf(report), texts.map((text) => `${text}\n`).join(""));
}

export function readFailures(report) {
  const file = fileOf(report);
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd() : "";
}

/** Vitest's reporter, for beside its "json". */
// biome-ignore lint/style/noDefaultExport: vitest takes a reporter's default export
export default class FailuresReporter {
  onInit({ config }) {
    this.report = config.outputFile.json;
  }

  onTestRunEnd(modules, unhandled) {
    const failures = [];
    const note = (name, errors) => {
      if (errors.length > 0) failures.push({ name, lines: errors.flatMap(linesOf) });
    };
    for (const module of modules) {
      const file = [module.project.name, module.relativeModuleId].filter(Boolean).join(" ");
      note(file, module.errors());
      for (const suite of module.children.allSuites()) {
        note(`${file} > ${suite.fullName}`, suite.errors());
      }
      for (const test of module.children.allTests("failed")) {
        note(`${file} > ${test.fullName}`, test.result().errors);
      }
    }
    note("outside of tests", unhandled);
    writeFailures(this.report, failures);
  }
}

function linesOf({ name, message, diff, stacks = [] }) {
  const [frame] = stacks;
  const at = frame === undefined ? [] : [`at ${relative(".", frame.file)}:${frame.line}`];
  return [`${name}: ${message}`, ...at, ...(diff === undefined ? [] : [diff])]
    .join("\n")
    .split("\n");
}
