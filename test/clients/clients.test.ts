// Clients that are not ours, in JavaScript, Python and C, each with its own habits; Java has its own files beside this one.
// `.ci/run` installs what they need; elsewhere a client that is not installed is left out, and its suite's name says why.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { controlsOf, type Outcome, runProgram } from "./program.ts";

interface ClientProgram {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly checks: readonly string[];
  /** Default: three peers, all of them up. */
  readonly ensemble?: () => Promise<Ensemble>;
  /** undefined when it can run; else what is missing. */
  readonly missing: string | undefined;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const builds = mkdtempSync(join(tmpdir(), "zkms-clients-"));
afterAll(() => rmSync(builds, { recursive: true }));

const common = [
  "sessions",
  "nodes",
  "sequential",
  "watches",
  "locks",
  "acls",
  "expiry",
  "failover",
];

/** Debian's own Python: kazoo is a package of the distribution's, not of whatever else is called python3. */
const python = "/usr/bin/python3";

const kazooIsMissing = succeeds(python, "-c", "import kazoo, puresasl")
  ? undefined
  : "python3-kazoo or python3-pure-sasl is not installed";

const programs: readonly ClientProgram[] = [
  {
    name: "native zookeeper client",
    command: process.execPath,
    args: [here("native/checks.cjs")],
    checks: common,
    missing: existsSync(here("native/node_modules/zookeeper/build/Release/zookeeper.node"))
      ? undefined
      : "it is not installed: npm ci --prefix test/clients/native",
  },
  {
    name: "kazoo",
    command: python,
    args: ["-B", here("kazoo/checks.py")],
    checks: [
      ...common.filter((check) => check !== "locks"),
      "sasl",
      "transactions",
      "stopped_program",
      "pings",
      "chroot",
      "words",
      "stats_of_creation",
      "failed_authentication",
      "wrong_password",
    ],
    missing: kazooIsMissing,
  },
  {
    name: "kazoo's recipes",
    command: python,
    args: ["-B", here("kazoo/recipes.py")],
    checks: [
      "locks",
      "lock_under_kills",
      "read_and_write_locks",
      "election",
      "election_of_an_heir",
      "barrier",
      "double_barrier",
      "counter",
      "queues",
      "locking_queue",
      "party",
      "semaphore",
      "data_watch",
      "children_watches",
      "tree_cache",
      "lease",
      "partitions",
    ],
    missing: kazooIsMissing,
  },
  {
    name: "kazoo, where nobody leads",
    command: python,
    args: ["-B", here("kazoo/read_only.py")],
    checks: ["a_client_that_wants_to_write_finds_nobody", "a_reader_reads_until_it_may_write"],
    ensemble: oneOfThree,
    missing: kazooIsMissing,
  },
  {
    name: "C client",
    command: join(builds, "checks"),
    args: [],
    checks: [...common, "multi", "syncs"],
    missing: compiles(here("c/checks.c"), join(builds, "checks"))
      ? undefined
      : "it needs gcc and libzookeeper-mt-dev",
  },
];

function allOfThree(): Promise<Ensemble> {
  return startEnsemble(3, { sasl: { digest: { user: "secret" } } });
}

/** The others were killed so long ago that it serves readers. */
async function oneOfThree(): Promise<Ensemble> {
  const ensemble = await startEnsemble(3, { readOnlyMode: true });
  await ensemble.seedTree({ before: "1" });
  await ensemble.kill([2, 3]);
  await ensemble.peer(1).waitForRole("looking");
  await ensemble.clock.advance(2000);
  await ensemble.peer(1).waitForRole("readonly");
  return ensemble;
}

function succeeds(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

function compiles(source: string, program: string): boolean {
  const flags = ["-std=c99", "-D_GNU_SOURCE", "-DTHREADED", "-Wall", "-Werror"];
  return succeeds("gcc", ...flags, "-o", program, source, "-lzookeeper_mt", "-lpthread");
}

for (const { name, command, args, checks, ensemble: start = allOfThree, missing } of programs) {
  const leftOut = missing !== undefined && process.env["CI"] === undefined;
  describe.skipIf(leftOut)(leftOut ? `${name} (left out: ${missing})` : name, () => {
    let outcome: Outcome;

    beforeAll(async () => {
      if (missing !== undefined) throw new Error(`${name}: ${missing}`);
      await using ensemble = await start();
      outcome = await runProgram(command, args, await controlsOf(ensemble));
    });

    test.each(checks)("%s", (check) => {
      expect(outcome.checks[check]).toBe("ok");
    });

    test("nothing but these checks, to the end", () => {
      expect([Object.keys(outcome.checks).sort(), outcome.exitCode]).toEqual([
        [...checks].sort(),
        0,
      ]);
    });
  });
}
