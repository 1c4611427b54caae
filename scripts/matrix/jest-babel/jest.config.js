module.exports = { preset: "zookeeper-memory-server" };
