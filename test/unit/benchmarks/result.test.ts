import { expect, test } from "vitest";
import { commandOf } from "../../../benchmarks/report/result.ts";

test.each([
  [[], "npm run bench"],
  [["--quick", "--only", "reads,boot"], "npm run bench -- --quick --only reads,boot"],
  [["--only", "writes*"], "npm run bench -- --only 'writes*'"],
  [["--json=it's.json"], "npm run bench -- '--json=it'\\''s.json'"],
])("the command of %j is what a shell takes", (words, command) => {
  expect(commandOf(words)).toBe(command);
});
