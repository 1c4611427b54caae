// The small client in a process whose event loop stands still, as at a breakpoint.
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { connectClient } from "../../src/client/client.ts";
import type { ClientState } from "../../src/client/types.ts";
import { startEnsemble } from "../../src/index.ts";
import { recorder } from "./client-server.ts";

/** A ping's xid, behind the frame's length. */
const ping = -2;
const sessionTimeout = 300;

test("a late answer to a ping is no silence where the loop could not turn", async () => {
  await using ens = await startEnsemble(1);
  const pings = recorder<number>();
  const way = createServer((client) => {
    const server = connect(ens.peers[0]?.port ?? 0, "127.0.0.1");
    server.on("error", () => {}).pipe(client);
    client.on("error", () => {}).on("close", () => server.destroy());
    client.on("data", (chunk) => {
      if (chunk.readInt32BE(4) === ping) {
        if (pings.seen.length === 0) standStill(2 * sessionTimeout);
        pings.record(pings.seen.length);
      }
      server.write(chunk);
    });
  }).listen(0, "127.0.0.1");
  await once(way, "listening");
  const { port } = way.address() as AddressInfo;
  const zk = await connectClient([{ host: "127.0.0.1", port }], { sessionTimeout });
  const states = recorder<ClientState>();
  zk.onState(states.record);
  while (pings.seen.length < 3) await pings.next();
  expect(states.seen).toEqual([]);
  await zk.close();
  way.close();
});

/** The event loop does not turn meanwhile. */
function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
