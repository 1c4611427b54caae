import { expect, test } from "vitest";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { openAcl } from "../../../src/core/tree/acl.ts";
import { RawClient } from "./raw-client.ts";
import { TestWorld } from "./world-of.ts";

// A rule is over with its only message: the fabric changes in the middle of a step's effects, and lets through what is due.

test("what a rule that ends lets through is stepped behind the step that ended it", async () => {
  await using world = await TestWorld.serving(3, { clock: "manual" });
  const port = world.leader?.ports.client ?? 0;
  using first = await RawClient.open(port);
  using second = await RawClient.open(port);
  const { fabric, clock } = world.world;
  const fromClients = [{ from: ["client"], bothWays: false }] as const;
  fabric.shape(fromClients, { latency: 5 }, { label: "slow clients", now: clock.now() });
  const label = "the first PROPOSAL";
  const quorum = [{ channel: "quorum", bothWays: false }] as const;
  fabric.on(quorum, { types: ["PROPOSAL"] }, { verdict: "pass", label });
  first.send(OpCode.create, { path: "/a", data: null, acl: openAcl, flags: 0 });
  second.send(OpCode.create, { path: "/b", data: null, acl: openAcl, flags: 0 });
  const sockets = [...(world.leader?.process?.clients.sockets.values() ?? [])];
  while (sockets.some(({ wire }) => wire.isEmpty)) await new Promise(setImmediate);
  await clock.advance(5);
  expect((await first.reply()).err).toBe(0);
  expect((await second.reply()).err).toBe(0);
  expect(world.reports.filter(({ report }) => report.type === "log")).toEqual([]);
});

test("chunks of one client are read one after the other, though a rule ends with the first", async () => {
  await using world = await TestWorld.serving(3, { clock: "manual" });
  using client = await RawClient.open(world.leader?.ports.client ?? 0);
  const { fabric, clock } = world.world;
  fabric.shape([{ from: ["client"], bothWays: false }], { latency: 5 }, { label: "slow", now: 0 });
  const quorum = [{ channel: "quorum", bothWays: false }] as const;
  fabric.on(quorum, { types: ["PROPOSAL"] }, { verdict: "pass", label: "the first PROPOSAL" });
  const [socket] = world.leader?.process?.clients.sockets.values() ?? [];
  if (socket === undefined) throw new Error("no client");
  const paths = ["/a", "/b", "/c", "/d"];
  for (let at = 0; at < paths.length; at += 2) {
    const before = socket.wire.received;
    const frames = paths
      .slice(at, at + 2)
      .map((path) => client.encode(OpCode.create, { path, data: null, acl: openAcl, flags: 0 }));
    client.socket.write(Buffer.concat(frames));
    while (socket.wire.received === before) await new Promise(setImmediate);
  }
  await clock.advance(5);
  const replies = [];
  for (const path of paths) replies.push([path, (await client.reply()).body]);
  expect(replies).toEqual(paths.map((path) => [path, { path }]));
});
