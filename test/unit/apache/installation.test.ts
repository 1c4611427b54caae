import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findInstallation } from "../../../src/apache/installation.ts";

test("without Java and jars the error names the command that installs them", () => {
  expect(() => findInstallation({ classpath: "x.jar" }, { PATH: "/nowhere" })).toThrow(
    /Apache ZooKeeper is not installed\n.*no java.*\n.*apt-get install -y zookeeper/,
  );
});

test("what is told is not looked for", () => {
  expect(findInstallation({ java: "/opt/java", classpath: "x.jar" }, {})).toEqual({
    java: "/opt/java",
    classpath: "x.jar",
  });
});

test("the environment's class path comes before any other", () => {
  const environment = { ZKMS_APACHE_CLASSPATH: "mine.jar", ZOOKEEPER_HOME: "/opt/zookeeper" };
  expect(findInstallation({ java: "java" }, environment).classpath).toBe("mine.jar");
});

test("the jars of an archive of Apache's are in the folder lib of ZOOKEEPER_HOME", () => {
  const home = mkdtempSync(join(tmpdir(), "zkms-home-"));
  try {
    mkdirSync(join(home, "lib"));
    writeFileSync(join(home, "lib", "zookeeper-3.9.5.jar"), "");
    const found = findInstallation({ java: "java" }, { ZOOKEEPER_HOME: home });
    expect(found.classpath).toBe(join(home, "lib", "*"));
  } finally {
    rmSync(home, { recursive: true });
  }
});

test("Java is looked for in JAVA_HOME before PATH", () => {
  const home = mkdtempSync(join(tmpdir(), "zkms-java-"));
  try {
    for (const folder of ["home/bin", "path"]) {
      mkdirSync(join(home, folder), { recursive: true });
      writeFileSync(join(home, folder, "java"), "");
    }
    const environment = { JAVA_HOME: join(home, "home"), PATH: join(home, "path") };
    const javaOf = (env: NodeJS.ProcessEnv) => findInstallation({ classpath: "x.jar" }, env).java;
    expect(javaOf(environment)).toBe(join(home, "home/bin/java"));
    expect(javaOf({ PATH: environment.PATH })).toBe(join(home, "path/java"));
  } finally {
    rmSync(home, { recursive: true });
  }
});
