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
