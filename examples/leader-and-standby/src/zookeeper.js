import zookeeper from "node-zookeeper-client";

const options = { sessionTimeout: 6_000, spinDelay: 50, retries: 3 };

/** Opens a session; resolves when it is connected. */
export function open(connectString) {
  const client = zookeeper.createClient(connectString, options);
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

/** Resolves when there is no such node, or it has changed: look again. */
export function gone(client, path) {
  return new Promise((resolve, reject) => {
    client.exists(path, resolve, (error, stat) => {
      if (error) reject(error);
      else if (!stat) resolve();
    });
  });
}
