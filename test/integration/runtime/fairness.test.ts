// What one client sends at once does not keep another from its turn: told by the order of answers, on connections of one peer.
import { expect, test } from "vitest";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { openAcl } from "../../../src/core/tree/acl.ts";
import { startEnsemble } from "../../../src/index.ts";
import { RawClient } from "./raw-client.ts";
import { TestWorld } from "./world-of.ts";

const exists = (client: RawClient) => client.encode(OpCode.exists, { path: "/", watch: false });
const create = (client: RawClient, number: number) =>
  client.encode(OpCode.create, { path: `/${number}`, data: null, acl: openAcl, flags: 0 });

test.each([
  ["reads", 6000, 600, exists],
  ["writes", 900, 200, create],
])(
  "a client that sends thousands of %s has a share of them answered before another has its turn",
  async (_, count, shareMax, request) => {
    await using world = await TestWorld.serving(1);
    const { client: port } = world.host(1).ports;
    using greedy = await RawClient.open(port);
    using other = await RawClient.open(port);
    const all = Array.from({ length: count }, (_, number) => request(greedy, number));
    greedy.socket.write(Buffer.concat(all)); // and in the same tick:
    other.socket.write(request(other, count));
    const { err } = await other.reply();
    expect(err).toBe(0);
    expect(greedy.waiting).toBeLessThan(shareMax);
    for (let answered = 0; answered < count; answered += 1)
      expect((await greedy.reply()).err).toBe(0);
  },
);

test("while another asks now and then, who sent thousands of reads has a quarter of a share", async () => {
  await using world = await TestWorld.serving(1);
  const { client: port } = world.host(1).ports;
  using greedy = await RawClient.open(port);
  using other = await RawClient.open(port);
  greedy.socket.write(Buffer.concat(Array.from({ length: 12_000 }, () => exists(greedy))));
  const ask = () => other.request(OpCode.exists, { path: "/", watch: false });
  await ask();
  const before = greedy.waiting; // a whole share, as nobody else had spoken
  const asked = 10;
  for (let trip = 0; trip < asked; trip += 1) await ask();
  expect(greedy.waiting - before).toBeLessThan(asked * 3 * 128); // a trip takes a turn, or a few
});

test("of megabytes that one client sends a part is read before another has its turn", async () => {
  await using world = await TestWorld.serving(1);
  const { client: port } = world.host(1).ports;
  using greedy = await RawClient.open(port);
  using other = await RawClient.open(port);
  const data = new Uint8Array(1_000_000);
  const large = [1, 2].map((n) =>
    greedy.encode(OpCode.create, { path: `/${n}`, data, acl: openAcl, flags: 0 }),
  );
  greedy.socket.write(Buffer.concat(large)); // the system takes it at once; and in the same tick:
  other.socket.write(exists(other));
  await other.reply();
  const wires = [...(world.host(1).process?.clients.sockets.values() ?? [])];
  const received = Math.max(...wires.map(({ wire }) => wire.received));
  expect(received).toBeLessThan(1_000_000);
  for (const _ of large) expect((await greedy.reply()).err).toBe(0);
});

test("what a client sent before it closed is carried out, also beyond its share of a turn", async () => {
  await using world = await TestWorld.serving(1);
  using greedy = await RawClient.open(world.host(1).ports.client);
  const count = 900;
  const all = Array.from({ length: count }, (_, number) => create(greedy, number));
  greedy.socket.end(Buffer.concat(all));
  const { tree } = world.host(1).peer?.replica ?? {};
  await world.until(() => tree?.get(`/${count - 1}`) !== undefined);
});

test("what a rule holds back has its shares too, also while time stands", async () => {
  await using ensemble = await startEnsemble(1, { clock: "manual" });
  using greedy = await RawClient.open(ensemble.peer(1).ports.client);
  const asked = { type: "CLIENT_REQUEST" } as const;
  const hold = await ensemble.network.hold({ to: 1, channel: "client" }, asked);
  const all = Array.from({ length: 900 }, (_, number) => create(greedy, number));
  greedy.socket.write(Buffer.concat(all));
  while ((await hold.queued()).length < all.length) await new Promise(setImmediate);
  await hold.undo();
  for (const _ of all) expect((await greedy.reply()).err).toBe(0);
});
