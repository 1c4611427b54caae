import { spawn } from "node:child_process";
import { accessSync, constants, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The shell's code for a command that is not there. */
const notFound = 127;

/** Runs the java that stands behind us, as if it had been called itself. */
export function handOver(argv: readonly string[]): void {
  const java = realJava(process.env);
  if (java === undefined) {
    console.error(
      "zookeeper-memory-server stands in for java, and there is no other java to run this",
    );
    process.exitCode = notFound;
    return;
  }
  const child = spawn(java, argv, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => {
    console.error(error.message);
    process.exitCode = notFound;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** ZKMS_JAVA, or the first java in PATH that is not the one that runs us. */
function realJava(environment: NodeJS.ProcessEnv): string | undefined {
  const own = environment["ZKMS_JAVA_HOME"];
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = folders.map((folder) => join(folder, "java"));
  const named = environment["ZKMS_JAVA"];
  if (named !== undefined) candidates.unshift(named);
  return candidates.find((file) => isProgram(file) && !isOwn(file, own));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const isOwn = (file: string, own: string | undefined): boolean =>
  own !== undefined && realpathSync(file) === realpathSync(join(own, "bin", "java"));
