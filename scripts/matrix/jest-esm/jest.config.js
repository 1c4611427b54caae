export default { preset: "zookeeper-memory-server", transform: {} };
