import { expect, test } from "vitest";
import { optionsFromEnvironment } from "../../../src/ensemble/environment.ts";

test("variables that are set become options; empty ones and others do not", () => {
  const environment = {
    ZKMS_PEERS: "5",
    ZKMS_OBSERVERS: "1",
    ZKMS_CLIENT_PORT: "2181",
    ZKMS_TICK_TIME: "",
    ZKMS_SEED: "5eed",
    HOME: "/nowhere",
  };
  expect(optionsFromEnvironment(environment)).toEqual({ peers: 5, observers: 1, clientPort: 2181 });
});

test.each(["three", "-1", "1.5", " 1"])("ZKMS_PEERS=%j is refused by its name", (text) => {
  expect(() => optionsFromEnvironment({ ZKMS_PEERS: text })).toThrow(
    `option ZKMS_PEERS: ${JSON.stringify(text)} is not a whole number`,
  );
});

test("a name that is all but one of ours is refused with that one; other names are somebody else's", () => {
  expect(() => optionsFromEnvironment({ ZKMS_PEER: "5" })).toThrow("try     ZKMS_PEERS");
  const others = { ZKMS_SOMETHING_ELSE: "5", ZKM_PEERS: "5", ZKMS_URL: "5", ZKMS_RUN: "{}" };
  expect(optionsFromEnvironment(others)).toEqual({});
});

test.each([
  [{ ZKMS_CONTROL: "true" }, { control: {} }],
  [{ ZKMS_CONTROL: "false", ZKMS_CONTROL_PORT: "7000" }, { control: false }],
  [{ ZKMS_CONTROL_PORT: "7000" }, { control: { port: 7000 } }],
  [{ ZKMS_CONTROL: "true", ZKMS_CONTROL_TOKEN: "t" }, { control: { token: "t" } }],
  [{ ZKMS_CONTROL_TOKEN: "of another ensemble" }, {}],
  [{ ZKMS_CONTROL: "", ZKMS_CONTROL_PORT: "", ZKMS_CONTROL_TOKEN: "" }, {}],
])("%j turns the control API on or off", (environment, options) => {
  expect(optionsFromEnvironment(environment)).toEqual(options);
});

test("what turns it neither on nor off is refused", () => {
  expect(() => optionsFromEnvironment({ ZKMS_CONTROL: "7000" })).toThrow(
    "try     ZKMS_CONTROL_PORT",
  );
  expect(() => optionsFromEnvironment({ ZKMS_CONTROL_PORT: "true" })).toThrow(
    "is not a whole number",
  );
});
