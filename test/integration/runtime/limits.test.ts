// What strangers, faults and paused peers can fill has an end.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { sidOf } from "../../../src/core/base/ids.ts";
import { encode } from "../../../src/core/jute/record.ts";
import { InitialMessage, initialMessageV1 } from "../../../src/core/packets/notification.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { Leader } from "../../../src/core/quorum/leader.ts";
import { openAcl } from "../../../src/core/tree/acl.ts";
import { startEnsemble } from "../../../src/index.ts";
import { RawClient } from "./raw-client.ts";
import { TestWorld } from "./world-of.ts";

const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.destroy();
});

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  open.push(socket);
  socket.on("error", () => {}).resume();
  await once(socket, "connect");
  return socket;
}

/** Sets a node to a megabyte, again and again. */
async function writeMegabytes(client: RawClient, count: number): Promise<void> {
  const data = Buffer.alloc(1_000_000, "x");
  for (let i = 0; i < count; i += 1) {
    await client.request(OpCode.setData, { path: "/big", data, version: -1 });
  }
}

async function threeInMemory() {
  // 25 s of silence, more than the test has: on a busy machine nobody is given up before the bytes are written.
  const world = await TestWorld.serving(3, { peerLinks: "memory", tickTime: 5_000 });
  const leader = world.leader;
  const follower = world.hosts.find((host) => host !== leader);
  if (leader === undefined || follower === undefined) throw new Error("no leader");
  const client = await RawClient.open(leader.ports.client, 60_000);
  await client.request(OpCode.create, { path: "/big", data: null, acl: openAcl, flags: 0 });
  return { world, leader, follower, client };
}

const downs = (world: TestWorld, sid: number): number =>
  world.reports.filter(({ sid: of, report }) => {
    return (
      of === sid && report.type === "role" && report.to === "looking" && report.from !== "stopped"
    );
  }).length;

test("memory links hold back 64 MB at most, then they are reset", async () => {
  const { world, leader, follower, client } = await threeInMemory();
  await using _ = world;
  using __ = client;
  const way = { from: [leader.sid], to: [follower.sid], bothWays: false } as const;
  const fault = world.world.fabric.block([way], "cut");
  await writeMegabytes(client, 60);
  expect(downs(world, follower.sid)).toBe(0);
  await writeMegabytes(client, 10);
  await world.until(() => downs(world, follower.sid) === 1);
  fault.undo();
  const last = leader.peer?.lastApplied;
  await world.until(() => follower.peer?.serving === true && follower.peer.lastApplied === last);
});

test("a paused peer takes in 64 MB over a memory link at most, and catches up over a new one", async () => {
  const { world, leader, follower, client } = await threeInMemory();
  await using _ = world;
  using __ = client;
  follower.pause();
  const learners = (): number => {
    const quorum = leader.peer?.leading?.quorum;
    return quorum instanceof Leader ? quorum.learners.size : 0;
  };
  await writeMegabytes(client, 60);
  expect(learners()).toBe(2);
  await writeMegabytes(client, 10);
  expect(learners()).toBe(1);
  follower.resume();
  const last = leader.peer?.lastApplied;
  await world.until(() => follower.peer?.serving === true && follower.peer.lastApplied === last);
});

test("who dials an election port and does not say who it is, is closed after ten seconds", async () => {
  await using world = await TestWorld.serving(1, { clock: "manual" });
  const socket = await dial(world.host(1).ports.election);
  socket.write(Uint8Array.of(0xff, 0xff));
  const closed = once(socket, "close");
  await world.world.clock.advance(9_000);
  expect(socket.destroyed).toBe(false);
  await world.world.clock.advance(1_100);
  await closed;
});

test("of more than 256 who do not say who they are the oldest is closed", async () => {
  await using world = await TestWorld.serving(1, { clock: "manual" });
  const { election } = world.host(1).ports;
  const oldest = await dial(election);
  const closed = once(oldest, "close");
  for (let i = 0; i < 256; i += 1) await dial(election);
  await closed;
});

test("a stranger is called back on its own host, whatever it says", async () => {
  await using world = await TestWorld.serving(2);
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const socket = await dial(world.host(1).ports.election);
  const called = once(server, "connection");
  const hello = { version: initialMessageV1, sid: sidOf(0), address: `192.0.2.1:${port}` };
  socket.write(encode(InitialMessage, hello));
  const [caller] = (await called) as [Socket];
  caller.destroy();
  server.close();
});

test("who leaves in the middle of a TLS handshake is closed", async () => {
  await using ens = await startEnsemble(1, { tls: true });
  const socket = await dial(ens.peer(1).ports.secure ?? 0);
  socket.end("ruok"); // less than the head of a record
  await once(socket, "close");
});
