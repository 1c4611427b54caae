// ZKMS_ENGINE switches a whole run: the same files, the same options.
import { expect, test } from "vitest";
import { Program } from "../integration/program.ts";

const run = (environment: NodeJS.ProcessEnv): Program =>
  new Program(
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--root",
      "test/integration/fixtures/vitest-run",
      "--disable-console-intercept",
      ...["first", "second", "alone"].flatMap((project) => ["--project", project]),
    ],
    { ZKMS_ENGINE: "apache", ...environment },
  );

test("every ensemble of a run is Apache's, and its tests get the connect string as ever", async () => {
  await using program = run({});
  expect(await program.ended).toEqual({ code: 0, signal: null });
  const injected = program.stdout.flatMap((line) => /^connect (.+)$/.exec(line)?.[1] ?? []);
  expect(injected.map((text) => text.split(",").length).sort()).toEqual([1, 3, 3]);
  expect(program.stderr).toEqual([]);
});

test.each([
  [{ ZKMS_APACHE_CLASSPATH: "/nowhere.jar" }, /the server process has ended[\s\S]*ZKMS_ENGINE/],
  [{ PATH: "/nowhere", JAVA_HOME: "" }, /Apache ZooKeeper is not installed[\s\S]*apt-get install/],
  [{ ZKMS_ENGINE: "apachee" }, /option ZKMS_ENGINE: "apachee" is none of "embedded", "apache"/],
])("with %j the run fails, and says why", async (environment, text) => {
  await using program = run(environment);
  expect(await program.ended).toEqual({ code: 1, signal: null });
  expect([...program.stdout, ...program.stderr].join("\n")).toMatch(text);
});
