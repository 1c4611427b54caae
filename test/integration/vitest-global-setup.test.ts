import { expect, test } from "vitest";
import { Program } from "./program.ts";

const programsMs = 60_000; // a run of vitest starts many processes, beside the one that tests it

test("projects share one ensemble, unless their options differ, and it is gone when the run ends", {
  timeout: programsMs,
}, async () => {
  await using run = new Program([
    "node_modules/vitest/vitest.mjs",
    "run",
    "--root",
    "test/integration/fixtures/vitest-run",
    "--disable-console-intercept",
  ]);
  expect(await run.ended).toEqual({ code: 0, signal: null });

  const injected = run.stdout.flatMap((line) => /^connect (.+)$/.exec(line)?.[1] ?? []);
  expect(injected.map((connectString) => connectString.split(",").length).sort()).toEqual([
    1, 3, 3,
  ]);
  expect(new Set(injected).size).toBe(2);
  expect(run.stderr).toEqual([]);
});
