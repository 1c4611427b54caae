import zookeeper, { type Client, type Event } from "node-zookeeper-client";

/** Opens a session; resolves when it is connected. */
export function open(connectString: string): Promise<Client> {
  const client = zookeeper.createClient(connectString, { spinDelay: 100, retries: 3 });
  return new Promise((resolve) => {
    client.once("connected", () => resolve(client));
    client.connect();
  });
}

/** Ends the session, and its ephemeral nodes with it. */
export function close(client: Client): Promise<void> {
  return new Promise((resolve) => {
    client.once("disconnected", resolve);
    client.close();
  });
}

/** Calls one of the client's methods and promises what its callback gets. */
export function ask<T>(send: (done: (error: unknown, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    send((error, value) => (error ? reject(error) : resolve(value)));
  });
}

/** Reads a node's text and watches it: `changed` resolves with the first change. */
export async function readAndWatch(
  client: Client,
  path: string,
): Promise<{ text: string; changed: Promise<Event> }> {
  let tell: (event: Event) => void = () => {};
  const changed = new Promise<Event>((resolve) => {
    tell = resolve;
  });
  const data = await ask<Buffer>((done) => client.getData(path, tell, done));
  return { text: data.toString(), changed };
}
