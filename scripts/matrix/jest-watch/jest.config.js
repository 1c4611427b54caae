module.exports = {
  preset: "zookeeper-memory-server",
  testEnvironmentOptions: { zkmsNamespace: "none" },
};
