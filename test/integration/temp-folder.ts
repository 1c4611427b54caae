import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** An empty folder that goes with the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "zkms-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the data directories of three peers, written by Apache ZooKeeper 3.8.0. */
export function javaFolder(): string {
  const folder = tempFolder();
  cpSync(fileURLToPath(new URL("../golden/data/java-datadir", import.meta.url)), folder, {
    recursive: true,
  });
  return folder;
}
