import { expect, test } from "vitest";
import { debugEvents } from "../../../../src/ensemble/debug/events.ts";
import { debugLine, debugNames } from "../../../../src/ensemble/debug/lines.ts";

const asked = (DEBUG: string | undefined): string[] =>
  debugNames.filter((name) => debugLine(name, { DEBUG }) !== undefined);

test.each([
  [undefined, []],
  ["", []],
  ["express:*", []],
  ["zkms:session", ["session"]],
  ["express:*, zkms:election zkms:cli", ["election", "cli"]],
  ["zkms:s*", ["session", "storage"]],
  [
    "zkms:*,-zkms:commit,-zkms:storage",
    ["election", "quorum", "session", "faults", "client", "cli"],
  ],
  ["*,-zkms:*", []],
  ["zkms:message", ["message"]],
  ["*,zkms:message,-zkms:message", debugNames.filter((name) => name !== "message")],
])("DEBUG=%s asks for %j", (DEBUG, names) => {
  expect(asked(DEBUG)).toEqual(names);
});

test("messages, which change the run that they are heard in, are not among all", () => {
  expect(asked("*")).toEqual(debugNames.filter((name) => name !== "message"));
});

test("nobody listens to events that DEBUG does not ask for", () => {
  expect(debugEvents("quiet")).toBe(undefined);
});
