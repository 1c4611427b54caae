import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The folder that the command `zookeeper-memory-server java-home` prints, of what was built. */
export function javaHome(): string {
  const command = resolve("dist/cli/main.mjs");
  if (!existsSync(command)) throw new Error("dist is missing: npm run build makes it");
  return execFileSync(process.execPath, [command, "java-home"], { encoding: "utf8" }).trim();
}
