import { ask } from "./zookeeper.js";

/** What is to be changed under the lock, where it is kept in ZooKeeper itself. */
export function look(client, path) {
  return new Promise((resolve, reject) => {
    client.getData(path, (error, data, { version } = {}) => {
      if (error) reject(error);
      else resolve({ balance: Number(data), version });
    });
  });
}

const text = (balance) => Buffer.from(String(balance));

/** Relies on the lock: whoever gets here has it, or so it thinks. */
export const writeBlindly = (client, path, { balance }) =>
  ask((done) => client.setData(path, text(balance), done));

/** Refused with BAD_VERSION if anybody has written since the look. */
export const writeIfUnchanged = (client, path, { balance, version }) =>
  ask((done) => client.setData(path, text(balance), version, done));

/** Refused with NO_NODE if the lock is not ours any more, whether anybody has written or not. */
export const writeWhileHeld = (client, path, { balance }, lock) =>
  ask((done) => client.transaction().check(lock.node).setData(path, text(balance)).commit(done));
