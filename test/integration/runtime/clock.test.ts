import { describe, expect, test } from "vitest";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { RawClient } from "./raw-client.ts";
import { TestWorld } from "./world-of.ts";

const exists = (client: RawClient) => client.request(OpCode.exists, { path: "/", watch: false });

/** What a debugger's breakpoint does: nothing in this process turns. */
function blockTheLoop(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await new Promise(setImmediate);
};

describe("a blocked event loop", () => {
  test("costs no leader, no follower and no session, and little of the ensemble's time", async () => {
    await using world = await TestWorld.serving(3, { tickTime: 10 }); // syncLimit: 200 ms
    using client = await RawClient.open(world.host(1).ports.client, 400);
    const before = world.roles();
    world.reports.length = 0;
    const start = world.world.clock.now();
    blockTheLoop(1500);
    await turns(20);
    expect(world.world.clock.now() - start).toBeLessThan(200);
    expect(world.world.clock.leftOutMs).toBeGreaterThan(1300);
    expect((await exists(client)).err).toBe(0);
    expect(world.roles()).toEqual(before);
    expect(world.reports.filter(({ report }) => report.type === "role")).toEqual([]);
  });
});

describe("manual time", () => {
  const manual = async (count: number): Promise<TestWorld> => {
    const world = await TestWorld.serving(count);
    world.world.clock.mode = "manual"; // from here on: peers elect in real time
    return world;
  };

  test("stands by itself, and goes exactly as far as it is moved", async () => {
    await using world = await manual(3);
    const { clock } = world.world;
    const start = clock.now();
    blockTheLoop(30);
    await turns(10);
    expect(clock.now()).toBe(start);
    await clock.advance(1234);
    expect(clock.now()).toBe(start + 1234);
    await Promise.all([clock.advance(100), clock.advance(66)]);
    expect(clock.now()).toBe(start + 1400);
  });

  test("answers requests and commits writes while it stands", async () => {
    await using world = await manual(3);
    using client = await RawClient.open(world.host(1).ports.client);
    expect((await exists(client)).err).toBe(0);
    expect((await client.request(OpCode.ping, {})).err).toBe(0);
  });

  test("moved by minutes, changes no role", async () => {
    await using world = await manual(3);
    world.reports.length = 0;
    await world.world.clock.advance(120_000);
    expect(world.reports.filter(({ report }) => report.type === "role")).toEqual([]);
  });

  test("expires a session whose client went away, and not one that is connected", async () => {
    await using world = await manual(3);
    using present = await RawClient.open(world.host(1).ports.client, 5_000);
    const absent = await RawClient.open(world.host(2).ports.client, 5_000);
    absent.close();
    await world.until(() => world.host(2).connections().length === 0);
    world.reports.length = 0;
    await world.world.clock.advance(4_000);
    expect(expired(world)).toBe(0);
    await world.world.clock.advance(2_000);
    expect(expired(world)).toBe(1);
    await world.world.clock.advance(60_000);
    expect(expired(world)).toBe(1);
    expect((await exists(present)).err).toBe(0);
  });

  test("expires connected sessions too when nobody keeps them alive", async () => {
    await using world = await manual(3);
    using client = await RawClient.open(world.host(1).ports.client, 5_000);
    await world.world.clock.advance(8_000, { keepAlive: "none" });
    expect(expired(world)).toBe(1);
    expect(await client.closed()).toBe("end");
  });

  test("expires a connected session whose way to its server is cut", async () => {
    await using world = await manual(1);
    using _client = await RawClient.open(world.host(1).ports.client, 5_000);
    world.world.fabric.block([{ from: ["client"], bothWays: false }], "mute");
    await world.world.clock.advance(8_000);
    expect(expired(world)).toBe(1);
  });

  test("lets a minute with a thousand sessions pass without one expiring", async () => {
    await using world = await manual(3);
    const clients = await Promise.all(
      Array.from({ length: 1000 }, (_, i) =>
        RawClient.open(world.host((i % 3) + 1).ports.client, 6_000),
      ),
    );
    await world.world.clock.advance(60_000);
    expect(expired(world)).toBe(0);
    for (const client of clients) client.close();
  });
});

test("a frozen clock stands until every freeze is thawed", async () => {
  await using world = await TestWorld.serving(1);
  const { clock } = world.world;
  const thaws = [clock.freeze(), clock.freeze()];
  const start = clock.now();
  blockTheLoop(20);
  thaws[0]?.();
  thaws[0]?.();
  expect([clock.now() - start, clock.frozen]).toEqual([0, true]);
  thaws[1]?.();
  blockTheLoop(20);
  expect(clock.now()).toBeGreaterThan(start);
});

const expired = (world: TestWorld): number =>
  world.reports.filter(({ report }) => report.type === "session" && report.change === "expired")
    .length;
