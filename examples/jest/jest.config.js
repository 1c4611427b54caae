// One ensemble for the whole run; in test files its connect string is the global __ZOOKEEPER__.
module.exports = {
  globalSetup: "zookeeper-memory-server/jest-global-setup",
  globalTeardown: "zookeeper-memory-server/jest-global-teardown",
  testEnvironment: "zookeeper-memory-server/jest-environment",
};
