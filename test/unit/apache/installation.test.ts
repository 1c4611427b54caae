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
