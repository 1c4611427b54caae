import type { Command } from "commander";
import { expect, test, vi } from "vitest";
import { examinations } from "../../../src/cli/examinations.ts";
import { ofError } from "../../../src/cli/exit-codes.ts";
import { explain } from "../../../src/cli/explain.ts";
import { program } from "../../../src/cli/program.ts";

const outcomeOf = (...words: string[]): Promise<unknown> =>
  program()
    .parseAsync(words, { from: "user" })
    .then(
      () => "it did something",
      (error: unknown) => error,
    );

test.each([
  ["an option nobody knows", ["--pears", "3"], "unknown option '--pears'\n  try     --peers"],
  ["an option's name for a flag", ["--client-port", "2181"], "try     --port"],
  ["a number that is none", ["--peers", "many"], 'option --peers: "many" is not a whole number'],
  ["a choice that is none", ["--links", "ipx"], "Allowed choices are tcp, memory"],
  ["a command nobody knows", ["stop"], '"stop" is nothing to do\n  try     start, run, ctl,'],
  ["a command that is almost one", ["doctr"], "try     doctor"],
  ["users of no peer", ["--login-config", "f"], "try     --config zoo.cfg"],
  ["an ensemble beside a zoo.cfg", ["--config", "zoo.cfg", "--peers", "3"], "says all of that"],
  ["nothing to run", ["run"], "missing required argument 'command'"],
  [
    "a timeline of no kind",
    ["run", "--timeline", "run.pdf", "--", "true"],
    "try     --timeline run.html",
  ],
  ["a door that is none", ["ctl", "--url", "here", "status"], "is no URL of a control API"],
  ["no door", ["ctl", "status"], "--url is missing\n  try     what npx zookeeper-memory-server"],
  ["a door without its key", ["ctl", "--url", "http://[::1]:1", "status"], "--token is missing"],
  ["a verb of no ensemble's, before no door", ["ctl", "kill-leadr"], "try     kill-leader"],
])("%s is refused with how to go on, and 2", async (_, words, message) => {
  const error = await outcomeOf(...words);
  expect(explain(error)).toContain(message);
  expect(ofError(error)).toBe(2);
});

function helpOf(command: Command): string {
  let text = "";
  command
    .configureOutput({
      writeOut: (part) => {
        text += part;
      },
      getOutHelpWidth: () => 80,
    })
    .outputHelp();
  return text;
}

test("the help of each command fits a terminal of 80 columns", () => {
  const root = program();
  const lines = [root, ...root.commands].flatMap((command) => helpOf(command).split("\n"));
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});

test("the help has every command, every flag and an example", () => {
  const root = program();
  const text = helpOf(root);
  for (const { name } of root.commands.map((each) => ({ name: each.name() }))) {
    expect(text).toMatch(new RegExp(`^  ${name}\\b`, "m"));
  }
  for (const { long } of root.options) expect(text).toContain(long);
  expect(text).toContain("run -- pytest");
});

test("the doctor finds a variable that is misspelt, and one whose value is none", () => {
  const environment = examinations.find(({ name }) => name === "environment");
  vi.stubEnv("ZKMS_PEER", "5");
  expect(() => environment?.look()).toThrow("try     ZKMS_PEERS");
  vi.unstubAllEnvs();
  vi.stubEnv("ZKMS_PEERS", "five");
  expect(() => environment?.look()).toThrow('option ZKMS_PEERS: "five"');
  vi.unstubAllEnvs();
});
