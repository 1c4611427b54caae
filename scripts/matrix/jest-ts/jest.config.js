module.exports = {
  preset: "ts-jest",
  globalSetup: "zookeeper-memory-server/jest-global-setup",
  globalTeardown: "zookeeper-memory-server/jest-global-teardown",
  testEnvironment: "zookeeper-memory-server/jest-environment",
};
