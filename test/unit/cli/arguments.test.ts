import { expect, test } from "vitest";
import { readArguments } from "../../../src/cli/arguments.ts";

test.each([
  ["nothing: starts with the defaults", [], { what: "start", json: false, options: {} }],
  ["start, said aloud", ["start"], { what: "start", json: false, options: {} }],
  [
    "every option",
    ["--peers=5", "--port", "2181", "--json"],
    { what: "start", json: true, options: { peers: 5, clientPort: 2181 } },
  ],
  [
    "one peer of a file, with the file of its users",
    ["--config", "zoo.cfg", "--login-config", "jaas.conf"],
    { what: "peer", json: false, config: "zoo.cfg", loginConfig: "jaas.conf" },
  ],
  ["help goes before all else", ["--peers", "x", "-h"], { what: "help" }],
  ["version", ["-v"], { what: "version" }],
])("%s", (_, args, invocation) => {
  expect(readArguments(args)).toEqual(invocation);
});

test.each([
  [["--peers", "-1"], "ERR_PARSE_ARGS_INVALID_OPTION_VALUE"],
  [["--peers", "1.5"], "ZKMS_BAD_OPTIONS"],
  [["--port", ""], "ZKMS_BAD_OPTIONS"],
  [["--port", "80000"], "ZKMS_BAD_OPTIONS"],
  [["--peers", "31"], "ZKMS_BAD_OPTIONS"],
  [["--login-config", "jaas.conf"], "ZKMS_BAD_OPTIONS"],
  [["--pears", "1"], "ERR_PARSE_ARGS_UNKNOWN_OPTION"],
  [["start", "now"], "ZKMS_BAD_OPTIONS"],
  [["stop"], "ZKMS_BAD_OPTIONS"],
])("%j is refused", (args, code) => {
  expect(() => readArguments(args)).toThrow(expect.objectContaining({ code }));
});

test("what is refused has the name that was typed", () => {
  expect(() => readArguments(["--port", "80000"])).toThrow(
    'option --port: "80000" is not a whole number up to 65535',
  );
});
