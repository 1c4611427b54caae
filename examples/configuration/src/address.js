import { ask } from "./zookeeper.js";

// A host and a port that belong together, in two nodes.

const paths = { host: "/config/host", port: "/config/port" };

/** Two writes: who reads between them, or after a writer that died between them, gets half of each. */
export async function setApart(client, { host, port }) {
  await ask((done) => client.setData(paths.host, Buffer.from(host), done));
  await ask((done) => client.setData(paths.port, Buffer.from(port), done));
}

/** One transaction: both or neither, whatever happens to the writer, to its connection, or to ZooKeeper's leader. */
export function setTogether(client, { host, port }) {
  const both = client.transaction();
  both.setData(paths.host, Buffer.from(host)).setData(paths.port, Buffer.from(port));
  return ask((done) => both.commit(done));
}

/** Two reads, between which a whole transaction may have its place. */
export async function readApart(client) {
  const [host, port] = [await read(client, paths.host), await read(client, paths.port)];
  return { host: host.text, port: port.text };
}

/** What one transaction writes has one mzxid: reads again until both nodes have the same. */
export async function readTogether(client) {
  for (;;) {
    const [host, port] = [await read(client, paths.host), await read(client, paths.port)];
    if (host.mzxid === port.mzxid) return { host: host.text, port: port.text };
  }
}

function read(client, path) {
  return new Promise((resolve, reject) => {
    client.getData(path, (error, data, stat) => {
      if (error) reject(error);
      else resolve({ text: data.toString(), mzxid: stat.mzxid.readBigInt64BE() });
    });
  });
}
