import zookeeper from "node-zookeeper-client";

/** Opens a session; resolves when it is connected. */
export function open(connectString) {
  const client = zookeeper.createClient(connectString, { spinDelay: 50, retries: 3 });
  return new Promise((resolve) => {
    client.once("connected", () => resolve(client));
    client.connect();
  });
}

/** Calls one of the client's methods and promises what its callback gets. */
export function ask(send) {
  return new Promise((resolve, reject) => {
    send((error, value) => (error ? reject(error) : resolve(value)));
  });
}

/** A node's text, or undefined where there is no such node. */
export async function read(client, path) {
  try {
    return (await ask((done) => client.getData(path, done)))?.toString() ?? "";
  } catch (error) {
    if (error.getCode?.() === zookeeper.Exception.NO_NODE) return undefined;
    throw error;
  }
}
