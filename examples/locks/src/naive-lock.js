import zookeeper from "node-zookeeper-client";
import { ask, gone } from "./zookeeper.js";

/**
 * A lock that is one ephemeral node: who creates it has it. All the others watch that node, and all of them run when it goes.
 * `woken` is called each time that happens.
 */
export async function acquire(client, path, woken = () => {}) {
  for (;;) {
    try {
      await ask((done) => client.create(path, zookeeper.CreateMode.EPHEMERAL, done));
      return { node: path, release: () => ask((done) => client.remove(path, done)) };
    } catch (error) {
      if (error.getCode?.() !== zookeeper.Exception.NODE_EXISTS) throw error;
    }
    await gone(client, path);
    woken();
  }
}
