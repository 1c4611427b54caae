// docs/faults.md, line by line, as node-zookeeper-client sees it.
import { State } from "node-zookeeper-client";
import { walkThePage } from "../faults/walk.ts";
import { States, type Witness } from "../faults/witness.ts";
import { NodeZookeeper } from "./node-zookeeper.ts";

const names = new Map([
  [State.SYNC_CONNECTED, "connected"],
  [State.DISCONNECTED, "disconnected"],
  [State.EXPIRED, "expired"],
]);

walkThePage(async (connectString): Promise<Witness> => {
  const client = await NodeZookeeper.connect(connectString);
  const states = new States();
  client.client.on("state", (state) => states.add(names.get(state) ?? String(state)));
  return {
    get session() {
      return client.session;
    },
    sees: (state) => states.sees(state),
    get: (path) => client.get(path),
    set: async (path, data) => void (await client.set(path, data)),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
});
