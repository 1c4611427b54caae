import zookeeper from "node-zookeeper-client";

/** Calls one of the client's methods and promises what its callback gets. */
function ask(send) {
  return new Promise((resolve, reject) => {
    send((error, ...values) => (error ? reject(error) : resolve(values)));
  });
}

/** Opens a session; resolves when it is connected. */
export function open(connectString) {
  const client = zookeeper.createClient(connectString, { spinDelay: 100, retries: 3 });
  return new Promise((resolve) => {
    client.once("connected", () => resolve(client));
    client.connect();
  });
}

/** Adds one to the number at the path, whoever else does the same at the same time. */
export async function increment(client, path) {
  for (;;) {
    const [data, stat] = await ask((done) => client.getData(path, done));
    const next = Buffer.from(String(Number(data) + 1));
    try {
      await ask((done) => client.setData(path, next, stat.version, done));
      return;
    } catch (error) {
      if (error.getCode?.() !== zookeeper.Exception.BAD_VERSION) throw error;
    }
  }
}
