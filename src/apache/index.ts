import type { ApacheEngine } from "../ensemble/api.ts";

export type { ApacheEngine } from "../ensemble/api.ts";

/**
 * Real Apache ZooKeeper processes behind the same interface: `startEnsemble(3, { engine: apache() })`. Java and the jars are
 * found by JAVA_HOME and PATH, ZKMS_APACHE_CLASSPATH, ZOOKEEPER_HOME or Debian's package `zookeeper`.
 */
export const apache = (options: Omit<ApacheEngine, "kind"> = {}): ApacheEngine => ({
  kind: "apache",
  ...options,
});
