import { expect, test } from "vitest";
import { Program } from "./program.ts";

test("DEBUG=zkms:* tells on standard error what each peer does, and standard output is as ever", async () => {
  const words = ["src/cli/main.ts", "run", "--control", "--token", "hush", "--", "true"];
  await using program = new Program(words, { DEBUG: "zkms:*,-zkms:commit" });

  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.stdout).toEqual([]);
  const told = program.stderr.join("\n");
  expect(told).not.toContain("hush");
  for (const line of [
    /^zkms:cli +process \d+ boots \{"control":\{"token":"…"\}\} \+\d+ms$/m,
    /^zkms:storage +cli-\w+\/1 finds no snapshot, epoch 0 of 0 accepted \+\d+ms$/m,
    /^zkms:election +cli-\w+\/3 round 1 is decided for 3 \+\d+ms$/m,
    /^zkms:quorum +cli-\w+\/3 looking → leader \(elected\) \+\d+ms$/m,
    /^zkms:quorum +cli-\w+ peer 3 leads epoch 1 \+\d+ms$/m,
    /^zkms:cli +process \d+ true ended with 0 \+\d+ms$/m,
  ]) {
    expect(told).toMatch(line);
  }
  expect(told).not.toMatch(/^zkms:(commit|message)/m);
});
