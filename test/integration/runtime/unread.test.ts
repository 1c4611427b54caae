// A client that asks for more than it reads.
import { expect, test } from "vitest";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { openAcl } from "../../../src/core/tree/acl.ts";
import { RawClient } from "./raw-client.ts";
import { TestWorld } from "./world-of.ts";

/** Asks for a megabyte so many times behind a write, so that all is answered at once, and reads none of it. */
async function askWithoutReading(
  world: TestWorld,
  { count, closes }: { count: number; closes: boolean },
): Promise<RawClient> {
  const client = await RawClient.open(world.host(1).ports.client);
  const data = Buffer.alloc(1_000_000, "x");
  await client.request(OpCode.create, { path: "/big", data, acl: openAcl, flags: 0 });
  client.socket.pause();
  const requests = [client.encode(OpCode.setData, { path: "/big", data, version: -1 })];
  const read = { path: "/big", watch: false };
  for (let i = 0; i < count; i += 1) requests.push(client.encode(OpCode.getData, read));
  if (closes) requests.push(client.encode(OpCode.closeSession, {}));
  client.socket.write(Buffer.concat(requests));
  await world.until(() => world.host(1).peer?.clients.connections.size === 0);
  return client;
}

test("64 MB that a client leaves unread end its connection", async () => {
  await using world = await TestWorld.serving(1, { clock: "manual" });
  using client = await askWithoutReading(world, { count: 100, closes: false });
  client.socket.resume();
  await client.closed();
  expect(client.waiting).toBeLessThan(64);
});

test("who does not take the last answers of a closed session has ten seconds for them", async () => {
  await using world = await TestWorld.serving(1, { clock: "manual" });
  using client = await askWithoutReading(world, { count: 50, closes: true });
  await world.world.clock.advance(9_000);
  expect(world.world.wires.isEmpty).toBe(false);
  await world.world.clock.advance(1_000);
  client.socket.resume();
  await client.closed();
  expect(client.waiting).toBeLessThan(50);
});
