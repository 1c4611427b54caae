import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { sidOf } from "../../../src/core/base/ids.ts";
import type { Dial } from "../../../src/runtime/dialer.ts";
import type { Pair } from "../../../src/runtime/link-security.ts";
import { TestWorld } from "./world-of.ts";

async function setUp() {
  const test = await TestWorld.of(1);
  const server = createServer();
  const accepted: unknown[] = [];
  server.on("connection", (socket) => accepted.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const { dialer } = test.world;
  const dialOf = (waits: boolean, done: (pair: Pair | undefined) => void): Dial => ({
    from: sidOf(1),
    to: sidOf(2),
    channel: "election",
    address: { host: "127.0.0.1", port },
    waits,
    done,
  });
  const dialed = (waits: boolean) =>
    new Promise<Pair | undefined>((resolve) => dialer.dial(dialOf(waits, resolve)));
  return {
    dialer,
    dialOf,
    dialed,
    accepted,
    async [Symbol.asyncDispose]() {
      server.close();
      await test[Symbol.asyncDispose]();
    },
  };
}

test("a dial that waits begins by itself, and is work under way from the beginning", async () => {
  await using ground = await setUp();
  const dialed = ground.dialed(true);
  expect(ground.dialer.isBusy).toBe(true);
  const pair = await dialed;
  expect(pair?.socket.readyState).toBe("open");
  expect(ground.dialer.isBusy).toBe(false);
  pair?.socket.destroy();
});

test("one that is withdrawn in time never connects, and nobody is told", async () => {
  await using ground = await setUp();
  const dial = ground.dialOf(true, () => expect.unreachable());
  ground.dialer.dial(dial);
  expect(ground.dialer.withdraw(dial)).toBe(true);
  expect([ground.dialer.withdraw(dial), ground.dialer.isBusy]).toEqual([false, false]);
  const later = await ground.dialed(true);
  later?.socket.destroy();
  expect(ground.accepted).toHaveLength(1);
});

test("one that has begun is not withdrawn", async () => {
  await using ground = await setUp();
  const pair = await new Promise<Pair | undefined>((resolve) => {
    const dial = ground.dialOf(false, resolve);
    ground.dialer.dial(dial);
    expect(ground.dialer.withdraw(dial)).toBe(false);
  });
  expect(pair).toBeDefined();
  pair?.socket.destroy();
});
