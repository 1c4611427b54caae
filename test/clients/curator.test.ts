// Apache's Java client and Curator's recipes on top of it, while the leader is killed and started again. The Debian package
// `libcurator-recipes-java` brings them, and the Java that comes with it can compile. Told to Apache's own servers as well: what
// fails there is wrong in the program.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EnsembleOptions, startEnsemble } from "../../src/index.ts";
import { onApache } from "../apache/engines.ts";
import { controlsOf, type Outcome, runProgram } from "./program.ts";

const checks = [
  "leader-latch",
  "mutex",
  "cache",
  "persistent-node",
  "barrier",
  "shared-count",
  "group-member",
];

/** Its manifest names all the others but the one that keeps the log quiet. */
const curatorJar = "/usr/share/java/curator-recipes.jar";
const jars = [curatorJar, "/usr/share/java/slf4j-nop.jar"];
const sources = fileURLToPath(new URL("curator", import.meta.url));
const classes = mkdtempSync(join(tmpdir(), "zkms-curator-"));
afterAll(() => rmSync(classes, { recursive: true }));

function compile(): void {
  const files = readdirSync(sources).map((name) => join(sources, name));
  const options = ["-Xlint:all,-path", "-Werror", "-cp", jars.join(":"), "-d", classes];
  const compiler = ["-m", "jdk.compiler/com.sun.tools.javac.Main"]; // a JRE has no javac of that name
  const { status, stderr } = spawnSync("java", [...compiler, ...options, ...files]);
  if (status !== 0) throw new Error(`test/clients/curator does not compile: ${stderr}`);
}

const engines: readonly (readonly [string, EnsembleOptions])[] = [
  ["our peers", {}],
  ["Apache's", onApache],
];

const leftOut = !existsSync(curatorJar) && process.env["CI"] === undefined;
const why = leftOut ? " (left out: libcurator-recipes-java is not installed)" : "";
describe.skipIf(leftOut)(`Curator${why}`, () => {
  beforeAll(compile);

  describe.each(engines)("on %s", (_, options) => {
    let outcome: Outcome;
    beforeAll(async () => {
      await using ensemble = await startEnsemble(3, options);
      const args = ["-cp", [classes, ...jars].join(":"), "Checks"];
      outcome = await runProgram("java", args, await controlsOf(ensemble));
    }, 180_000);

    test.each(checks)("%s", (check) => {
      expect(outcome.checks[check]).toBe("ok");
    });

    test("nothing but these checks, to the end", () => {
      expect([Object.keys(outcome.checks), outcome.exitCode]).toEqual([checks, 0]);
    });
  });
});
