import { expect, test } from "vitest";
import { Program } from "./program.ts";

test("a process that boots an ensemble and closes it ends by itself, without a word", async () => {
  await using program = new Program(["test/integration/fixtures/closes.ts"]);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.stderr).toEqual([]);
});

test("a process that forgets to close its ensemble ends too, and names it once", async () => {
  await using program = new Program(["test/integration/fixtures/forgets.ts"]);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.stdout).toHaveLength(1);
  const naming = program.stderr.filter((line) => line.includes("forgotten"));
  expect(naming).toHaveLength(1);
  expect(program.stderr.join("\n")).toContain("forgets.ts:3");
});
