import { readFile, rm } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { Program } from "./program.ts";

const programMs = 60_000;

test("under node:test, ensembles and namespaces end with their tests, and failed tests tell of them", {
  timeout: programMs,
}, async () => {
  const stem = "node_modules/.zkms/node-test-run.ts-failing-breaks-its-own";
  const sharedStem = "node_modules/.zkms/node-test-run.ts-fails-on-the-shared-one";
  const files = [stem, sharedStem].flatMap((path) => [`${path}.html`, `${path}.txt`]);
  onTestFinished(async () => {
    for (const file of files) await rm(file, { force: true });
  });
  const fixture = "test/integration/fixtures/node-test-run.ts";
  await using run = new Program(["--test", "--test-reporter=tap", fixture]);
  expect(await run.ended).toEqual({ code: 1, signal: null });

  const outcomes = run.stdout.flatMap((line) => /^ *((?:not )?ok) \d+ - (.+)$/.exec(line) ?? []);
  expect(outcomes.filter((_, index) => index % 3 === 0).map((line) => line.trim())).toEqual([
    "not ok 1 - breaks its own",
    "not ok 1 - failing",
    "not ok 2 - fails on the shared one",
    "ok 3 - who gives no context is told, and nothing is started that nobody ends",
    "ok 4 - namespaces are apart, on one ensemble",
    "ok 1 - has the namespace",
    "ok 2 - has it no more",
    "ok 5 - an ensemble that the environment names",
  ]);
  const told = run.stdout.flatMap(
    (line) => /^ *# ( {2}(?: {9}|peers|tree|replay|timeline) .*)$/.exec(line)?.[1] ?? [],
  );
  expect(told).toEqual([
    "  peers     1 crashed",
    "  replay    seed known",
    `  timeline  ${stem}.html`,
    "            and .txt beside it",
    expect.stringMatching(/^ {2}peers {5}1 follower of 3 {5}zxid 0x\w+$/),
    expect.stringMatching(/^ {12}2 follower of 3 {5}zxid 0x\w+$/),
    expect.stringMatching(/^ {12}3 leader of epoch 1 zxid 0x\w+$/),
    expect.stringMatching(/^ {2}tree {6}\/fails-on-the-shared-one-\w{8}$/),
    '              /config "blue"',
    expect.stringMatching(/^ {2}replay {4}seed \w+$/),
    `  timeline  ${sharedStem}.html`,
    "            and .txt beside it",
  ]);
  expect(await readFile(`${stem}.txt`, "utf8")).toContain("crashed");
  expect(run.stderr).toEqual([]);
});
