import { expect } from "vitest";
import { test } from "zookeeper-memory-server/vitest";
import { join, members } from "../src/members.ts";
import { ask, close, open, readAndWatch } from "../src/zookeeper.ts";

// A test that breaks things asks for an ensemble of its own: three peers are up in a few milliseconds.

test("writing goes on when the leader dies", async ({ ensemble }) => {
  const client = await open(ensemble.connectString);
  await ask<string>((done) => client.create("/before", Buffer.from("one"), done));

  const { killed, leader } = await ensemble.killLeader();
  expect(leader?.id).not.toBe(killed.id);

  await ask<string>((done) => client.create("/after", Buffer.from("two"), done));
  expect((await readAndWatch(client, "/before")).text).toBe("one");
  expect((await readAndWatch(client, "/after")).text).toBe("two");
  await close(client);
});

test("a member whose session expires is no member any more, and learns of it", async ({
  ensemble,
}) => {
  const [alice, bob] = await Promise.all([
    open(ensemble.connectString),
    open(ensemble.connectString),
  ]);
  await join(alice, "/workers", "alice");
  await join(bob, "/workers", "bob");

  const told = new Promise<void>((resolve) => alice.once("expired", resolve));
  await ensemble.sessions.expire("/workers/alice");

  await told;
  expect(await members(bob, "/workers")).toEqual(["bob"]);
  await close(bob);
});
