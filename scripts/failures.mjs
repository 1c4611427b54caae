/**
 * What failed, in few lines, in a file beside a json report of totals; totals.mjs ends a run with it, for the end of a log is what
 * is read, and often all that is kept of it. Vitest's own json report has neither the differences that a test saw nor what
 * failed outside of tests, and there is none of a run that was ended: this file is written as each test begins and ends, and so
 * names what hung.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";

const failuresMax = 20;
const linesMax = 30;

const besideOf = (report) => report.replace(/(\.json)?$/, ".failures.txt");

/** Of each failure the `name` of what failed, and its `lines`, of which the first are kept; and the names of what still runs. */
export function writeFailures(report, failures, running = []) {
  const texts = failures.slice(0, failuresMax).map(({ name, lines }) => {
    const shown = lines.slice(0, linesMax).map((line) => `    ${stripVTControlCharacters(line)}`);
    if (lines.length > linesMax) shown.push(`    … ${lines.length - linesMax} lines more`);
    return [`FAILED ${name}`, ...shown].join("\n");
  });
  if (failures.length > failuresMax) texts.push(`… ${failures.length - failuresMax} failures more`);
  texts.push(...running.map((name) => `RUNNING ${name}`));
  writeFileSync(besideOf(report), texts.map((text) => `${text}\n`).join(""));
}

export function readFailures(report) {
  const file = besideOf(report);
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd() : "";
}

export const outsideOfTests = "outside of tests";

/** Vitest's reporter, for beside its "json". */
// biome-ignore lint/style/noDefaultExport: vitest takes a reporter's default export
export default class FailuresReporter {
  #failures = [];
  #running = new Map(); // of each file that has begun, the names of its tests that have

  onInit({ config }) {
    this.report = config.outputFile.json;
    this.#write();
  }

  onTestModuleQueued(module) {
    this.#running.set(fileOf(module), new Set());
    this.#write();
  }

  onTestCaseReady(test) {
    this.#running.get(fileOf(test.module))?.add(nameOf(test));
    this.#write();
  }

  onTestCaseResult(test) {
    this.#running.get(fileOf(test.module))?.delete(nameOf(test));
    const { state, errors } = test.result();
    if (state === "failed") this.#note(nameOf(test), errors);
    this.#write();
  }

  onTestModuleEnd(module) {
    this.#running.delete(fileOf(module));
    this.#note(fileOf(module), module.errors());
    for (const suite of module.children.allSuites()) this.#note(nameOf(suite), suite.errors());
    this.#write();
  }

  onTestRunEnd(_modules, unhandled) {
    this.#running.clear();
    this.#note(outsideOfTests, unhandled);
    this.#write();
  }

  #note(name, errors) {
    if (errors.length > 0) this.#failures.push({ name, lines: errors.flatMap(linesOf) });
  }

  #write() {
    const running = [...this.#running].flatMap(([file, tests]) =>
      tests.size === 0 ? [file] : [...tests],
    );
    writeFailures(this.report, this.#failures, running);
  }
}

const fileOf = ({ project, relativeModuleId }) =>
  [project.name, relativeModuleId].filter(Boolean).join(" ");

const nameOf = (entity) => `${fileOf(entity.module)} > ${entity.fullName}`;

function linesOf({ name, message, diff, stacks = [] }) {
  const [frame] = stacks;
  const at = frame === undefined ? [] : [`at ${relative(".", frame.file)}:${frame.line}`];
  return [`${name}: ${message}`, ...at, ...(diff === undefined ? [] : [diff])]
    .join("\n")
    .split("\n");
}
