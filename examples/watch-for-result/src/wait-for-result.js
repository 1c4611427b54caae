import { once } from "node:events";
import { ask, read } from "./zookeeper.js";

/**
 * Waits for what another system writes at the path, "done" and its result; resolves with the result. `connect` opens a session:
 * one that expires takes its watches along and tells nobody, so its end is listened for, and the next one looks anew.
 */
export async function waitForResult(connect, path) {
  for (;;) {
    const client = await connect();
    const expired = once(client, "expired").then(() => undefined);
    try {
      const result = await Promise.race([resultInOneSession(client, path), expired]);
      if (result !== undefined) return result;
    } finally {
      client.close();
    }
  }
}

/** Looks and watches in one request, again and again: of what happens behind a look, its own watch tells. */
async function resultInOneSession(client, path) {
  for (;;) {
    const changed = await watch(client, path);
    const result = resultOf(await read(client, path));
    if (result !== undefined) return result;
    await changed.event;
  }
}

/** Has the server remember that we want to hear of the next change: that the node is created, changed or deleted. */
async function watch(client, path) {
  let tell;
  const event = new Promise((resolve) => {
    tell = resolve;
  });
  await ask((done) => client.exists(path, tell, done));
  return { event }; // not the bare promise: an async function would wait for it
}

export const resultOf = (text) => (text?.startsWith("done ") ? text.slice(5) : undefined);
