// kazoo's own tests, as Debian ships them, with its own harness, which starts a java for each server: ours.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { freePorts } from "../../src/apache/free-ports.ts";
import { javaHome } from "./java-home.ts";

const suiteMs = 400_000;

/** What Apache ZooKeeper 3.8.0 gets; its failure is TestReadOnlyMode.test_read_only. */
const apache = { passed: 475, failed: 1, skipped: 3 };

test("kazoo's own tests pass as with Apache, or better", { timeout: suiteMs }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "zkms-kazoo-"));
  const [port = 0] = await freePorts(1);
  const path = `${join(javaHome(), "bin")}${delimiter}${process.env["PATH"]}`;
  const pytest = ["-m", "pytest", "-p", "no:cacheprovider", "--pyargs", "kazoo.tests", "-q", "-rf"];
  const child = spawn("/usr/bin/python3", pytest, {
    cwd: dir,
    env: {
      ...process.env,
      PATH: path,
      ZOOKEEPER_VERSION: "3.8.0",
      ZOOKEEPER_CLASSPATH: "none",
      ZOOKEEPER_JAAS_AUTH: "digest",
      ZOOKEEPER_PORT_OFFSET: String(port),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = await text(child.stdout);
  rmSync(dir, { recursive: true, force: true });
  const count = (what: string): number =>
    Number(new RegExp(`(\\d+) ${what}`).exec(output.trim().split("\n").at(-1) ?? "")?.[1] ?? 0);
  const failures = output.split("\n").filter((line) => line.startsWith("FAILED"));
  expect(
    failures.filter((line) => !line.includes("test_read_only")),
    output.slice(-4000),
  ).toEqual([]);
  expect(count("passed")).toBeGreaterThanOrEqual(apache.passed);
  expect(count("skipped")).toBeLessThanOrEqual(apache.skipped);
});
