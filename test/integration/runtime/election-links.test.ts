// One of our peers among others that speak the election protocol byte by byte.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { sidOf } from "../../../src/core/base/ids.ts";
import { decode, encode } from "../../../src/core/jute/record.ts";
import {
  InitialMessage,
  initialMessageV1,
  initialMessageV2,
  Notification,
} from "../../../src/core/packets/notification.ts";
import { framed } from "../../frames.ts";
import { fromHex, type Golden, loadGolden } from "../../golden/golden.ts";
import { TestWorld } from "./world-of.ts";

/** A socket's bytes, taken as they are needed. */
class Bytes {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  #ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
    });
    socket.on("error", () => {});
    socket.on("end", () => {
      this.#ended = true;
    });
    socket.on("close", () => {
      this.#ended = true;
    });
  }

  async take(length: number): Promise<Uint8Array> {
    while (this.#bytes.length < length) {
      if (this.#ended) throw new Error(`ended after ${this.#bytes.length} bytes`);
      await new Promise(setImmediate);
    }
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return new Uint8Array(taken);
  }

  /** Whatever came before the other side closed. */
  async rest(): Promise<Buffer> {
    while (!this.#ended) await new Promise(setImmediate);
    return this.#bytes;
  }

  async hello(): Promise<InitialMessage> {
    const head = Buffer.from(await this.take(20));
    const address = await this.take(head.readInt32BE(16));
    return decode(InitialMessage, new Uint8Array(Buffer.concat([head, address])));
  }

  async notification(): Promise<Notification> {
    const length = Buffer.from(await this.take(4)).readInt32BE(0);
    return decode(Notification, await this.take(length));
  }
}

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A peer that is nothing but an election port. */
class Stranger {
  readonly server: Server;
  readonly #accepted: Bytes[] = [];

  private constructor(server: Server) {
    this.server = server;
    server.on("connection", (socket) => {
      open.push({ close: () => socket.destroy() });
      this.#accepted.push(new Bytes(socket));
    });
  }

  static async listen(): Promise<Stranger> {
    const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push(server);
    return new Stranger(server);
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** The next connection made to it. */
  async accepted(): Promise<Bytes> {
    for (;;) {
      const bytes = this.#accepted.shift();
      if (bytes !== undefined) return bytes;
      await new Promise(setImmediate);
    }
  }
}

async function dial(port: number): Promise<Bytes> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  open.push({ close: () => socket.destroy() });
  await once(socket, "connect");
  return new Bytes(socket);
}

const helloOf = (sid: number, port: number, version: number = initialMessageV1): Uint8Array =>
  encode(InitialMessage, { version, sid: sidOf(sid), address: `127.0.0.1:${port}` });

/** Our peer 2, between strangers 1 and 3. */
async function setUp() {
  const smaller = await Stranger.listen();
  const larger = await Stranger.listen();
  const world = await TestWorld.beside(
    [
      { sid: sidOf(1), host: "127.0.0.1", quorumPort: 1, electionPort: smaller.port },
      { sid: sidOf(3), host: "127.0.0.1", quorumPort: 1, electionPort: larger.port },
    ],
    [2],
  );
  await world.start(2);
  return { smaller, larger, world, port: world.host(2).ports.election };
}

test("the initial message is Apache's, byte for byte", () => {
  const golden = loadGolden<Golden<{ sid: number; addr: string }>>("golden-quorum.json").find(
    ({ name }) => name === "election/initial-message-v1",
  );
  expect(golden).toBeDefined();
  const { sid = 0, addr: address = "" } = golden?.decoded ?? {};
  const ours = encode(InitialMessage, { version: initialMessageV1, sid: sidOf(sid), address });
  expect(ours).toEqual(fromHex(golden?.hex ?? ""));
});

test("to a larger peer it only says who it is, and closes to be called back", async () => {
  const { larger, world, port } = await setUp();
  await using _ = world;
  const hint = await larger.accepted();
  const hello = { version: initialMessageV1, sid: 2, address: `127.0.0.1:${port}` };
  expect(decode(InitialMessage, new Uint8Array(await hint.rest()))).toEqual(hello);
  const call = await dial(port);
  call.socket.write(helloOf(3, larger.port));
  const vote = await call.notification();
  expect([vote.state, vote.vote.leader, vote.round]).toEqual([0, 2, 1]);
});

test("to a smaller peer it keeps its connection, and the vote follows the initial message", async () => {
  const { smaller, world } = await setUp();
  await using _ = world;
  const call = await smaller.accepted();
  expect((await call.hello()).sid).toBe(2);
  expect((await call.notification()).vote.leader).toBe(2);
});

test.each([
  ["version 1", (port: number) => helloOf(1, port)],
  ["version 2", (port: number) => helloOf(1, port, initialMessageV2)],
])(
  "a smaller peer that dials (%s) is called back, and hears the last vote again",
  async (_, hello) => {
    const { smaller, world, port } = await setUp();
    await using __ = world;
    const first = await smaller.accepted();
    await first.hello();
    const vote = await first.notification();
    const hint = await dial(port);
    hint.socket.write(hello(smaller.port));
    expect(await hint.rest()).toHaveLength(0);
    const second = await smaller.accepted();
    expect((await second.hello()).sid).toBe(2);
    expect(await second.notification()).toEqual(vote);
  },
);

test("a peer before 3.5, which says its sid alone, is called back at its configured address", async () => {
  const { smaller, world, port } = await setUp();
  await using _ = world;
  await smaller.accepted();
  const hint = await dial(port);
  hint.socket.write(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1));
  expect((await (await smaller.accepted()).hello()).sid).toBe(2);
});

test("the connection of a larger peer is kept, and a newer one takes its place", async () => {
  const { larger, world, port } = await setUp();
  await using _ = world;
  const first = await dial(port);
  first.socket.write(helloOf(3, larger.port));
  await first.notification();
  const second = await dial(port);
  second.socket.write(helloOf(3, larger.port));
  await second.notification();
  await first.rest();
});

test.each([
  ["an unknown version", encode(InitialMessage, { version: -7, sid: sidOf(3), address: "a:1" })],
  [
    "an address of nothing",
    encode(InitialMessage, { version: initialMessageV1, sid: sidOf(3), address: "" }),
  ],
  ["its own sid", helloOf(2, 1)],
])("a greeting with %s is closed on", async (_, hello) => {
  const { world, port } = await setUp();
  await using __ = world;
  const call = await dial(port);
  call.socket.write(hello);
  expect(await call.rest()).toHaveLength(0);
});

test("bad notifications are passed over; a bad frame ends the connection, which is made anew", async () => {
  const { smaller, world } = await setUp();
  await using _ = world;
  const call = await smaller.accepted();
  await call.hello();
  const { vote, config } = await call.notification();
  call.socket.write(framed((w) => w.raw(new Uint8Array(10)))); // shorter than any
  call.socket.write(framed((w) => w.raw(new Uint8Array(44).fill(0xff)))); // lengths of nonsense
  const looking = { state: 0, vote, round: 0, version: 2, config };
  call.socket.write(framed((w) => Notification.write(w, looking)));
  expect((await call.notification()).round).toBe(1); // an answer to the round of long ago
  call.socket.write(Uint8Array.of(0x7f, 0xff, 0xff, 0xff));
  await call.rest();
  const again = await smaller.accepted();
  expect((await again.hello()).sid).toBe(2);
});
