import { Command } from "commander";
import { expect, test } from "vitest";
import { ensembleOptions, withEnsembleFlags } from "../../../src/cli/ensemble-flags.ts";

function optionsOf(...args: string[]): object {
  const command = withEnsembleFlags(new Command().exitOverride());
  command.configureOutput({ outputError: () => {} });
  return ensembleOptions(command.parse(args, { from: "user" }).opts());
}

test.each([
  ["nothing: the defaults of startEnsemble", [], {}],
  [
    "the ensemble",
    ["--peers=5", "--observers", "1", "--tick-time", "50", "--seed", "7", "--emulate", "3.8"],
    { peers: 5, observers: 1, tickTime: 50, seed: "7", emulate: "3.8" },
  ],
  [
    "where it listens",
    ["--port", "2181", "--host", "0.0.0.0", "--advertised-host", "zk", "--links", "memory"],
    { clientPort: 2181, host: "0.0.0.0", advertisedHost: "zk", peerLinks: "memory" },
  ],
  [
    "keys of zoo.cfg, whose values may have an equals sign",
    ["--set", "snapCount=10", "--set", "a=b=c"],
    { config: { snapCount: "10", a: "b=c" } },
  ],
  ["files", ["--dir", "data"], { storage: { kind: "disk", dir: "data", fsync: false } }],
  ["fsync", ["--dir", "d", "--fsync"], { storage: { kind: "disk", dir: "d", fsync: true } }],
  ["services on any port", ["--admin", "--control"], { admin: true, control: true }],
  [
    "services on a port, with a token",
    ["--admin", "8080", "--control", "9000", "--token", "t"],
    { admin: { port: 8080 }, control: { port: 9000, token: "t" } },
  ],
  ["a token for any port", ["--control", "--token", "t"], { control: { token: "t" } }],
])("%s", (_, args, options) => {
  expect(optionsOf(...args)).toEqual(options);
});

test.each([
  ["--peers", "1.5"],
  ["--peers", "31"],
  ["--port", "80000"],
  ["--port", ""],
  ["--set", "snapCount"],
  ["--token", "t"],
])("%s %s is refused by its name", (...args) => {
  const [name] = args;
  expect(() => optionsOf(...args)).toThrow(
    expect.objectContaining({
      code: "ZKMS_BAD_OPTIONS",
      message: expect.stringContaining(`option ${name}: `),
    }),
  );
});

test("fsync without files is refused", () => {
  expect(() => optionsOf("--fsync")).toThrow("--dir FOLDER --fsync");
});
