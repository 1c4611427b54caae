import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/**
 * Makes a folder whose `bin/java` starts our peer where ZooKeeper's is asked for; the same folder every time for the same program,
 * so that it may be asked for again and again, and another installation of this package has another. `program` is what `bin/java` runs, with the arguments that come first.
 */
export function makeJavaHome(program: readonly string[], parent: string = tmpdir()): string {
  const name = createHash("sha256").update(program.join("\0")).digest("hex").slice(0, 8);
  const home = join(parent, `zookeeper-memory-server-java-${userInfo().uid}-${name}`);
  const bin = join(home, "bin");
  mkdirSync(bin, { recursive: true, mode: 0o755 });
  const script = [
    "#!/bin/sh",
    `ZKMS_JAVA_HOME=${quoted(home)} exec ${program.map(quoted).join(" ")} "$@"`,
    "",
  ].join("\n");
  const half = join(bin, `java.${process.pid}`);
  writeFileSync(half, script, { mode: 0o755 });
  renameSync(half, join(bin, "java")); // one that is being started meanwhile reads a whole script
  return home;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
