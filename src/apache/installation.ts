import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ZkmsError } from "../ensemble/errors.ts";

/** What it takes to run Apache ZooKeeper: a Java and the jars. */
export interface Installation {
  readonly java: string;
  readonly classpath: string;
}

/** What `apache()` was told; each is looked for where it is missing. */
export interface InstallationOptions {
  readonly java?: string | undefined;
  readonly classpath?: string | undefined;
}

export const installCommand = "apt-get update && apt-get install -y zookeeper";
/** The jar of Debian's package, whose manifest names all the others but those that write the log, serve the AdminServer, know TLS. */
const debianJar = "/usr/share/java/zookeeper.jar";
const debianOtherJars = ["slf4j-simple", "servlet-api", "netty-codec"].map(
  (name) => `/usr/share/java/${name}.jar`,
);

/**
 * Finds Java (JAVA_HOME, then PATH) and the jars (ZKMS_APACHE_CLASSPATH, ZOOKEEPER_HOME, Debian's package); throws ZKMS_ENGINE
 * with the command that installs them.
 */
export function findInstallation(
  options: InstallationOptions = {},
  environment: NodeJS.ProcessEnv = process.env,
): Installation {
  const java = options.java ?? findJava(environment);
  const classpath = options.classpath ?? findClasspath(environment);
  if (java !== undefined && classpath !== undefined) return { java, classpath };
  const missing = [java === undefined ? "no java" : "", classpath === undefined ? "no jars" : ""];
  throw new ZkmsError("ZKMS_ENGINE", "Apache ZooKeeper is not installed", {
    why: `${missing.filter((part) => part !== "").join(" and ")}: looked at JAVA_HOME, PATH, ZKMS_APACHE_CLASSPATH, ZOOKEEPER_HOME and ${debianJar}`,
    hint: installCommand,
  });
}

function findJava(environment: NodeJS.ProcessEnv): string | undefined {
  const home = environment["JAVA_HOME"];
  const folders = (environment["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  if (home !== undefined) folders.unshift(join(home, "bin"));
  return folders.map((folder) => join(folder, "java")).find((file) => existsSync(file));
}

function findClasspath(environment: NodeJS.ProcessEnv): string | undefined {
  const given = environment["ZKMS_APACHE_CLASSPATH"];
  if (given !== undefined && given !== "") return given;
  const home = environment["ZOOKEEPER_HOME"];
  if (home !== undefined) {
    const lib = join(home, "lib"); // where Apache's own archive has them
    const jars = existsSync(lib) ? readdirSync(lib).filter((name) => name.endsWith(".jar")) : [];
    if (jars.length > 0) return join(lib, "*");
  }
  const jars = [debianJar, ...debianOtherJars].filter((jar) => existsSync(jar));
  return jars.includes(debianJar) ? jars.join(delimiter) : undefined;
}
