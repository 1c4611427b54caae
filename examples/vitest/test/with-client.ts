import type { Client } from "node-zookeeper-client";
import { test as base } from "zookeeper-memory-server/vitest";
import { close, open } from "../src/zookeeper.ts";

/** Our own test: whoever asks for a client has one, connected in the namespace of the test. */
export const test = base.extend<{ client: Client }>({
  client: async ({ zk }, use) => {
    const client = await open(zk.connectString);
    await use(client);
    await close(client);
  },
});
