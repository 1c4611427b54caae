// One ensemble for the whole run; each test file has a namespace of its own on it, the global __ZOOKEEPER__.
module.exports = {
  preset: "zookeeper-memory-server",
};
