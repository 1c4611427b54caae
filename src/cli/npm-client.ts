// node-zookeeper-client, an ordinary client from npm, with promises in place of callbacks.
import zookeeper, {
  type Client,
  type Event,
  type Exception,
  type Stat,
} from "node-zookeeper-client";

/** Begins to connect. */
export function open(connectString: string): Client {
  const client = zookeeper.createClient(connectString, { sessionTimeout: 10_000, spinDelay: 100 });
  client.connect();
  return client;
}

export function whenConnected(client: Client): Promise<Client> {
  return new Promise((resolve) => client.once("connected", () => resolve(client)));
}

export const sessionOf = (client: Client): string => hex(client.getSessionId());

export function create(client: Client, path: string, data: string): Promise<string> {
  return answer((done) => client.create(path, Buffer.from(data), done));
}

export function createEphemeral(client: Client, path: string): Promise<string> {
  return answer((done) => client.create(path, zookeeper.CreateMode.EPHEMERAL, done));
}

export function read(client: Client, path: string): Promise<{ text: string; zxid: string }> {
  return answer((done) =>
    client.getData(path, (error, data, stat) =>
      done(error, error ? { text: "", zxid: "" } : { text: String(data), zxid: hex(stat.mzxid) }),
    ),
  );
}

/** Watches a node that exists; `ended` resolves when the watch tells that it is deleted. */
export async function watchEnd(
  client: Client,
  path: string,
): Promise<{ readonly ended: Promise<void> }> {
  let tell: (event: Event) => void = () => {};
  const ended = new Promise<void>((resolve) => {
    tell = ({ type }) => {
      if (type === zookeeper.Event.NODE_DELETED) resolve();
    };
  });
  await answer<Stat | null>((done) => client.exists(path, tell, done));
  return { ended };
}

type Send<T> = (done: (error: Error | Exception | null, value: T) => void) => void;

/** A request whose connection was lost under it is sent again: it waits in the client for the next connection. */
async function answer<T>(send: Send<T>): Promise<T> {
  try {
    return await ask(send);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== zookeeper.Exception.CONNECTION_LOSS) throw error;
    return ask(send);
  }
}

const ask = <T>(send: Send<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    send((error, value) => (error ? reject(error) : resolve(value)));
  });

const hex = (bytes: Buffer): string => `0x${bytes.readBigUInt64BE().toString(16)}`;
