import { resultOf } from "./wait-for-result.js";
import { ask, read } from "./zookeeper.js";

// Three ways that work on every developer's machine.

/** Looks first, and watches if there was nothing to see. */
export async function lookThenWatch(connect, path) {
  const client = await connect();
  const text = await read(client, path);
  if (text !== undefined) return resultOf(text);
  await new Promise((resolve) => {
    client.exists(path, resolve, () => {}); // what this second look sees is thrown away
  });
  return resultOf(await read(client, path));
}

/** Watches before it looks, but once: the first change uses the watch up. */
export async function watchOnce(connect, path) {
  const client = await connect();
  return new Promise((resolve) => {
    const look = async () => {
      const result = resultOf(await read(client, path));
      if (result !== undefined) resolve(result);
    };
    ask((done) => client.exists(path, look, done)).then(look);
  });
}

/** Watches after each change, and takes it that its session lives for ever. */
export async function trustTheSession(connect, path) {
  const client = await connect();
  return new Promise((resolve) => {
    const look = async () => {
      await ask((done) => client.exists(path, look, done));
      const result = resultOf(await read(client, path));
      if (result !== undefined) resolve(result);
    };
    look();
  });
}
