import { describe, expect, test } from "vitest";
import { present } from "../../../src/core/base/assert.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { framed } from "../../frames.ts";
import { exchange, RawClient } from "./raw-client.ts";
import { TestWorld } from "./world-of.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const int = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const create = (path: string, data = "x") =>
  [
    OpCode.create,
    {
      path,
      data: ascii(data),
      acl: [{ perms: 31, scheme: "world", id: "anyone" }],
      flags: 0,
    },
  ] as const;

describe("four-letter words", () => {
  test("are answered in full and end the connection, also when they arrive split", async () => {
    await using world = await TestWorld.serving(1);
    const { client } = world.host(1).ports;
    expect(String(await exchange(client, [ascii("ruok")]))).toBe("imok");
    expect(String(await exchange(client, [ascii("r"), ascii("uo"), ascii("k\n")]))).toBe("imok");
    expect(String(await exchange(client, [ascii("srvr")]))).toContain("Mode: standalone");
  });

  test("are answered to a client that has closed its own direction", async () => {
    await using world = await TestWorld.serving(1);
    const client = await RawClient.connect(world.host(1).ports.client);
    const chunks: Buffer[] = [];
    client.socket.removeAllListeners("data").on("data", (chunk) => chunks.push(chunk));
    client.socket.end("ruok");
    await client.closed();
    expect(String(Buffer.concat(chunks))).toBe("imok");
  });

  test("that nobody knows are a frame's length, far too long", async () => {
    await using world = await TestWorld.serving(1);
    expect(await exchange(world.host(1).ports.client, [ascii("abcd")])).toHaveLength(0);
  });
});

describe("what is no ConnectRequest", () => {
  test.each([
    ["a length below zero", [int(-1)]],
    ["a length above jute.maxbuffer", [int(1_048_576)]],
    ["an empty frame", [int(0)]],
    ["a body that is too short", [framed((w) => w.int(0))]],
    ["telnet's interrupt", [Buffer.from("fff4fffd", "hex")]],
    ["HTTP", [ascii("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]],
  ])("%s closes the connection without a byte; others notice nothing", async (_, pieces) => {
    await using world = await TestWorld.serving(1);
    const { client: port } = world.host(1).ports;
    using other = await RawClient.open(port);
    expect(await exchange(port, pieces)).toHaveLength(0);
    expect((await other.request(...create("/alive"))).err).toBe(0);
  });
});

describe("after the handshake", () => {
  test.each([
    ["an empty frame", int(0)],
    ["a frame without a whole header", framed((w) => w.int(1))],
    ["a frame above jute.maxbuffer", int(1_048_576)],
  ])("%s closes the connection without an answer", async (_, bytes) => {
    await using world = await TestWorld.serving(1);
    using client = await RawClient.open(world.host(1).ports.client);
    client.socket.write(bytes);
    await client.closed();
    expect(client.waiting).toBe(0);
  });

  test("a body that does not decode is an error, and the connection lives", async () => {
    await using world = await TestWorld.serving(1);
    using client = await RawClient.open(world.host(1).ports.client);
    client.socket.write(
      framed((w) => {
        w.int(7);
        w.int(OpCode.getData);
        w.int(1000); // a path longer than the frame
      }),
    );
    const frame = Buffer.from(await client.frame());
    expect([frame.readInt32BE(0), frame.readInt32BE(12)]).toEqual([7, -5]);
    expect((await client.request(OpCode.exists, { path: "/", watch: false })).err).toBe(0);
  });

  test("an operation that nobody knows is an error, and then the end", async () => {
    await using world = await TestWorld.serving(1);
    using client = await RawClient.open(world.host(1).ports.client);
    client.socket.write(
      framed((w) => {
        w.int(7);
        w.int(999);
      }),
    );
    const frame = Buffer.from(await client.frame());
    expect([frame.readInt32BE(0), frame.readInt32BE(12)]).toEqual([7, -6]);
    expect(await client.closed()).toBe("end");
  });
});

test("requests sent behind the handshake, in the same segment, are served after it", async () => {
  await using world = await TestWorld.serving(1);
  using client = await RawClient.connect(world.host(1).ports.client);
  client.socket.cork();
  client.sendHandshake();
  client.send(...create("/early"));
  client.send(OpCode.exists, { path: "/early", watch: false });
  client.socket.uncork();
  expect((await client.handshake()).timeout).toBe(10_000);
  expect([(await client.reply()).err, (await client.reply()).err]).toEqual([0, 0]);
});

test("a request cut into single bytes is a request", async () => {
  await using world = await TestWorld.serving(1);
  using client = await RawClient.open(world.host(1).ports.client);
  for (const byte of client.encode(...create("/bytes"))) {
    client.socket.write(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
  expect((await client.reply()).err).toBe(0);
});

test("thousands of requests in flight are answered in order", async () => {
  await using world = await TestWorld.serving(3);
  using client = await RawClient.open(world.host(1).ports.client);
  const count = 3000;
  const frames = [client.encode(...create("/n"))];
  for (let i = 1; i < count; i += 1) {
    frames.push(
      i % 3 === 0
        ? client.encode(OpCode.setData, { path: "/n", data: ascii(`${i}`), version: -1 })
        : client.encode(OpCode.getData, { path: "/n", watch: false }),
    );
  }
  client.socket.write(Buffer.concat(frames));
  const replies: { xid: number; err: number }[] = [];
  for (let i = 0; i < count; i += 1) {
    const { xid, err } = await client.reply();
    replies.push({ xid, err });
  }
  expect(replies).toEqual(Array.from({ length: count }, (_, i) => ({ xid: i + 1, err: 0 })));
});

test.each(["tcp", "memory"] as const)(
  "large values and small answers arrive as they were written, through each peer over %s links",
  async (peerLinks) => {
    await using world = await TestWorld.serving(3, { peerLinks });
    const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 31) >> 3);
    const sizes = [300_000, 10, 16_384, 16_383, 0, 100_000];
    for (const sid of [1, 2, 3]) {
      using client = await RawClient.open(world.host(sid).ports.client);
      await client.request(...create(`/by-${sid}`));
      const frames: Uint8Array[] = [];
      for (const size of sizes) {
        const data = bytes.subarray(sid, sid + size);
        frames.push(client.encode(OpCode.setData, { path: `/by-${sid}`, data, version: -1 }));
        frames.push(client.encode(OpCode.getData, { path: `/by-${sid}`, watch: false }));
        frames.push(client.encode(OpCode.exists, { path: "/none", watch: false }));
      }
      client.socket.write(Buffer.concat(frames));
      for (const size of sizes) {
        await client.reply();
        const { body } = await client.reply();
        const data = body !== undefined && "data" in body ? body.data : undefined;
        expect(Buffer.from(data ?? []).equals(bytes.subarray(sid, sid + size))).toBe(true);
        await client.reply();
      }
    }
    const trees = [1, 2, 3].map((sid) => present(world.host(sid).peer, "a peer").replica.tree);
    await world.until(() => new Set(trees.map(({ lastApplied }) => lastApplied)).size === 1);
    expect(new Set(trees.map(({ digest }) => digest)).size).toBe(1);
  },
);

test("a client that does not read is not read either, and gets everything in the end", async () => {
  await using world = await TestWorld.serving(1);
  using client = await RawClient.open(world.host(1).ports.client);
  await client.request(...create("/big", "x".repeat(500_000)));
  client.socket.pause();
  const count = 100; // 50 MB of replies, more than both systems' buffers hold
  for (let i = 0; i < count; i += 1) client.send(OpCode.getData, { path: "/big", watch: false });
  client.socket.resume();
  for (let i = 0; i < count; i += 1) expect((await client.frame()).length).toBeGreaterThan(500_000);
});

test("a client that asks for gigabytes in one packet gets them as it reads", async () => {
  await using world = await TestWorld.serving(1);
  using client = await RawClient.open(world.host(1).ports.client);
  await client.request(...create("/big", "x".repeat(1_000_000)));
  const count = 300; // more than a client may leave unread
  const small = 15; // between two large ones, so that it takes several reads to hear all of it
  const asks = Array.from({ length: count }, () => [
    client.encode(OpCode.getData, { path: "/big", watch: false }),
    ...Array.from({ length: small }, () =>
      client.encode(OpCode.exists, { path: "/", watch: false }),
    ),
  ]);
  client.socket.write(Buffer.concat(asks.flat()));
  const [socket] = world.host(1).process?.clients.sockets.values() ?? [];
  let unsentBytes = 0;
  for (let i = 0; i < count; i += 1) {
    expect((await client.frame()).length).toBeGreaterThan(1_000_000);
    for (let j = 0; j < small; j += 1) expect((await client.frame()).length).toBeLessThan(100);
    unsentBytes = Math.max(unsentBytes, socket?.wire.unsentBytes ?? 0);
  }
  expect(unsentBytes).toBeLessThan(8_000_000);
});

test("a client that reads again is read again, though a fault holds back an event meanwhile", async () => {
  await using world = await TestWorld.serving(1, { clock: "manual" });
  const { client: port } = world.host(1).ports;
  using slow = await RawClient.open(port);
  using other = await RawClient.open(port);
  await slow.request(...create("/big", "x".repeat(1_000_000)));
  await slow.request(OpCode.getData, { path: "/big", watch: true });
  slow.socket.pause();
  const [socket] = world.host(1).process?.clients.sockets.values() ?? [];
  let asked = 0;
  for (; socket?.wire.isFull === false; asked += 1) {
    slow.send(OpCode.getData, { path: "/big", watch: false });
    await new Promise(setImmediate);
  }
  const toClients = [{ to: ["client"], bothWays: false }] as const;
  const { fabric, clock } = world.world;
  const fault = fabric.shape(toClients, { latency: 5 }, { label: "slow", now: 0 });
  other.send(OpCode.setData, { path: "/big", data: null, version: -1 });
  await world.until(() => socket?.wire.isEmpty === false);
  slow.socket.resume();
  while (socket !== undefined && socket.wire.unsentBytes > 0) await new Promise(setImmediate);
  await clock.advance(5);
  fault.undo();
  slow.send(OpCode.exists, { path: "/", watch: false });
  for (let i = 0; i < asked + 2; i += 1) await slow.frame(); // with the event and the last answer
});

test("a connection above maxClientCnxns of one address is closed at once", async () => {
  await using world = await TestWorld.serving(1, { maxClientCnxns: 2 });
  const { client: port } = world.host(1).ports;
  using first = await RawClient.open(port);
  using _second = await RawClient.connect(port);
  using third = await RawClient.connect(port);
  await third.closed();
  first.close();
  await world.until(() => world.host(1).connections().length === 1);
  using fourth = await RawClient.open(port);
  expect((await fourth.request(OpCode.exists, { path: "/", watch: false })).err).toBe(0);
});

test("a connection that stays without a session is closed after 10 to 20 seconds", async () => {
  await using world = await TestWorld.serving(1, { clock: "manual" });
  const { client: port } = world.host(1).ports;
  using mute = await RawClient.connect(port);
  using half = await RawClient.connect(port);
  half.socket.write(int(44));
  using served = await RawClient.open(port);
  await world.until(() => world.host(1).connections().length === 3);
  await world.world.clock.advance(9_999);
  expect(world.host(1).connections()).toHaveLength(3);
  await world.world.clock.advance(10_001);
  await Promise.all([mute.closed(), half.closed()]);
  expect((await served.request(OpCode.exists, { path: "/", watch: false })).err).toBe(0);
});
