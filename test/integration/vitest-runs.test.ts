import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program } from "./program.ts";

// One run of vitest, in a process of its own, with four projects; what they did is looked at from here.

const programsMs = 180_000; // it starts many processes, beside the one that tests it
const written: string[] = [];
let report: Report;
let stdout: readonly string[];
let stderr: readonly string[];

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "zkms-vitest-run-"));
  written.push(folder);
  const json = join(folder, "report.json");
  await using run = new Program([
    "node_modules/vitest/vitest.mjs",
    "run",
    "--root",
    "test/integration/fixtures/vitest-run",
    "--disable-console-intercept",
    "--reporter=json",
    `--outputFile.json=${json}`,
  ]);
  expect(await run.ended).toEqual({ code: 1, signal: null }); // some of its tests fail
  report = JSON.parse(await readFile(json, "utf8"));
  ({ stdout, stderr } = run);
}, programsMs);

afterAll(() => Promise.all(written.map((path) => rm(path, { recursive: true, force: true }))));

function statuses(file: string): Record<string, string> {
  const ofFile = report.testResults.filter(({ name }) => name.endsWith(`/${file}`));
  return Object.fromEntries(
    ofFile.flatMap(({ assertionResults }) =>
      assertionResults.map(({ title, status }) => [title, status]),
    ),
  );
}

/** The block that a failed test printed, by its first line of peers. */
function blockOf(peers: RegExp): readonly string[] {
  const at = stderr.findIndex((line) => peers.test(line));
  const end = stderr.findIndex((line, index) => index > at && !line.startsWith("  "));
  return stderr.slice(at - 1, end === -1 ? undefined : end);
}

test("projects share one ensemble, unless their options differ", () => {
  const injected = stdout.flatMap((line) => /^connect (.+)$/.exec(line)?.[1] ?? []);
  expect(injected.map((connectString) => connectString.split(",").length).sort()).toEqual([
    1, 3, 3,
  ]);
  expect(new Set(injected).size).toBe(2);
});

test("fixtures give namespaces, ensembles and clients, and go into other tests of the user's", () => {
  expect({ ...statuses("passing.spec.ts"), ...statuses("passing-too.spec.ts") }).toEqual({
    "number 1": "passed",
    "number 2": "passed",
    "a namespace is gone when its test is over, and a test that asks for none has none": "passed",
    "another's fixtures stand on ours": "passed",
    "ours come into another's test": "passed",
    "an ensemble of a test's own may be broken": "passed",
    "number 1 in another worker": "passed",
  });
});

test("a failed test tells of its own ensemble, and where its timeline is", async () => {
  expect(statuses("failing.spec.ts")).toMatchObject({ "breaks its own": "failed" });
  const [title, peers, replay, timeline, beside] = blockOf(/^ {2}peers {5}1 crashed$/);
  expect(title).toMatch(/^ZooKeeper when this test failed \(vitest-\w{6}\)$/);
  expect([peers, replay]).toEqual([
    "  peers     1 crashed",
    "  replay    seed from the configuration",
  ]);
  const stem = "node_modules/.zkms/fixtures-failing.spec.ts-breaks-its-own";
  expect([timeline, beside]).toEqual([
    `  timeline  ${stem}.html`,
    "            and .txt beside it",
  ]);
  written.push(`${stem}.html`, `${stem}.txt`);
  expect(await readFile(`${stem}.html`, "utf8")).toContain("<svg");
  expect(await readFile(`${stem}.txt`, "utf8")).toContain("crashed");
});

test("a failed test tells of the shared ensemble, and what it had there, once", async () => {
  expect(statuses("failing.spec.ts")).toMatchObject({ "fails on the shared one": "failed" });
  expect(stderr.filter((line) => line.startsWith("  tree "))).toHaveLength(1);
  const stem = "node_modules/.zkms/fixtures-failing.spec.ts-fails-on-the-shared-one";
  expect(blockOf(/^ {2}peers {5}1 follower of 3 /).slice(1)).toEqual([
    expect.stringMatching(/^ {2}peers {5}1 follower of 3 {5}zxid 0x\w+$/),
    expect.stringMatching(/^ {12}2 follower of 3 {5}zxid 0x\w+$/),
    expect.stringMatching(/^ {12}3 leader of epoch 1 zxid 0x\w+$/),
    expect.stringMatching(/^ {2}tree {6}\/fails-on-the-shared-one-\w{8}$/),
    '              /config "blue"',
    '              /member ""',
    expect.stringMatching(/^ {2}replay {4}seed \w+$/),
    `  timeline  ${stem}.html`,
    "            and .txt beside it",
  ]);
  written.push(`${stem}.html`, `${stem}.txt`);
  expect(await readFile(`${stem}.txt`, "utf8")).toContain("leader");
});

test("a test that is meant to fail tells nothing", () => {
  expect(statuses("failing.spec.ts")).toMatchObject({ "is meant to fail": "passed" });
  expect(stderr.filter((line) => line.includes("is-meant-to-fail"))).toEqual([]);
});
