const zookeeper = require("node-zookeeper-client");

/** Opens a session; resolves when it is connected. */
function open(connectString) {
  const client = zookeeper.createClient(connectString, { spinDelay: 100, retries: 3 });
  return new Promise((resolve) => {
    client.once("connected", () => resolve(client));
    client.connect();
  });
}

/** Ends the session, and its ephemeral nodes with it. */
function close(client) {
  return new Promise((resolve) => {
    client.once("disconnected", resolve);
    client.close();
  });
}

/** Calls one of the client's methods and promises what its callback gets. */
function ask(send) {
  return new Promise((resolve, reject) => {
    send((error, value) => (error ? reject(error) : resolve(value)));
  });
}

/** Reads a node's text; `changed` is called once, at its next change. */
async function read(client, path, changed = () => {}) {
  return (await ask((done) => client.getData(path, changed, done))).toString();
}

module.exports = { ask, close, open, read };
