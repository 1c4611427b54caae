import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { freePorts } from "../../../src/apache/free-ports.ts";
import { Port, PortKeeper } from "../../../src/runtime/ports.ts";

const keepers: PortKeeper[] = [];
const makeKeeper = (): PortKeeper => {
  const keeper = new PortKeeper("127.0.0.1");
  keepers.push(keeper);
  return keeper;
};
afterEach(async () => {
  for (const keeper of keepers.splice(0)) await keeper.close();
});

/** "connected", or the error's code. */
function tryConnect(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  return new Promise((resolve) => {
    socket.once("connect", () => {
      socket.destroy();
      resolve("connected");
    });
    socket.once("error", (error) => resolve("code" in error ? String(error.code) : ""));
  });
}

const listenAnywhere = (): Promise<Server> => listenOn(0);

async function listenOn(port: number): Promise<Server> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

test("a reserved port refuses connections until it is listened on, and again afterwards", async () => {
  const port = await makeKeeper().reserve(0);
  const seen = [await tryConnect(port.number)];
  await port.listen((socket) => socket.destroy());
  seen.push(await tryConnect(port.number));
  port.unlisten();
  seen.push(await tryConnect(port.number));
  await port.listen((socket) => socket.destroy());
  seen.push(await tryConnect(port.number));
  expect(seen).toEqual(["ECONNREFUSED", "connected", "ECONNREFUSED", "connected"]);
  port.unlisten();
});

test("a port that is nowhere yet is listened on where it moves to, and not before", async () => {
  const [number = 0] = await freePorts(1);
  const port = Port.nowhere();
  await port.listen((socket) => socket.destroy());
  const seen: unknown[] = [port.number, await tryConnect(number)];
  await port.move({ host: "127.0.0.1", port: number });
  seen.push(port.number, await tryConnect(number));
  port.unlisten();
  expect(seen).toEqual([0, "ECONNREFUSED", number, "connected"]);
});

test("a port asked for by number is that one", async () => {
  const server = await listenAnywhere();
  const address = server.address();
  const number = typeof address === "object" && address !== null ? address.port : 0;
  server.close();
  await once(server, "close");
  expect((await makeKeeper().reserve(number)).number).toBe(number);
});

test("a port that somebody listens on cannot be reserved", async () => {
  const server = await listenAnywhere();
  const address = server.address();
  const number = typeof address === "object" && address !== null ? address.port : 0;
  await expect(makeKeeper().reserve(number)).rejects.toMatchObject({ code: "EADDRINUSE" });
  server.close();
});

test("no reserved port is given to anybody who asks for a free one", async () => {
  const keeper = makeKeeper();
  const reserved = await Promise.all(Array.from({ length: 20 }, () => keeper.reserve(0)));
  const numbers = new Set(reserved.map((port) => port.number));
  expect(numbers.size).toBe(20);
  const servers = await Promise.all(Array.from({ length: 200 }, listenAnywhere));
  const taken = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  expect(taken.filter((number) => numbers.has(number))).toEqual([]);
  await Promise.all(servers.map((server) => server.close()));
});

test("what a paused process has not accepted is accepted when it goes on", async () => {
  const port = await makeKeeper().reserve(0);
  let accepted = 0;
  await port.listen((socket) => {
    accepted += 1;
    socket.destroy();
  });
  port.freeze();
  const socket = connect({ port: port.number, host: "127.0.0.1" });
  await once(socket, "connect");
  await new Promise(setImmediate);
  expect(accepted).toBe(0);
  port.thaw();
  await once(socket, "close");
  expect(accepted).toBe(1);
  port.unlisten();
});

/** Listens; what comes is counted and kept. */
async function counting(): Promise<{ readonly port: Port; readonly accepted: Socket[] }> {
  const port = await makeKeeper().reserve(0);
  const accepted: Socket[] = [];
  await port.listen((socket) => accepted.push(socket));
  return { port, accepted };
}

async function connected(number: number): Promise<Socket> {
  const socket = connect({ port: number, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.on("error", () => {}); // "close" follows
  return socket;
}

const closeOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once("close", () => resolve()));

describe("a port that moves", () => {
  test("is listened on in its new place and refuses in the old one; what it accepted stays", async () => {
    const { port, accepted } = await counting();
    const old = port.number;
    const before = await connected(old);
    const [next = 0] = await freePorts(1);
    await port.move({ host: "127.0.0.1", port: next });
    expect([port.number, await tryConnect(old), await tryConnect(next)]).toEqual([
      next,
      "ECONNREFUSED",
      "connected",
    ]);
    const [kept] = accepted;
    kept?.write("x");
    const [bytes] = await once(before, "data");
    expect(String(bytes)).toBe("x");
    before.destroy();
    port.unlisten();
    expect(await tryConnect(next)).toBe("ECONNREFUSED");
  });

  test("to where somebody listens is lost, until it moves again", async () => {
    const { port } = await counting();
    const [taken = 0, free = 0] = await freePorts(2);
    const other = await listenOn(taken);
    const moved = port.move({ host: "127.0.0.1", port: taken });
    await expect(moved).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(port.isLost).toBe(true);
    await port.move({ host: "127.0.0.1", port: free });
    expect([port.isLost, await tryConnect(free)]).toEqual([false, "connected"]);
    port.unlisten();
    other.close();
  });

  test("while its process is paused accepts for it, and hands on when it goes on", async () => {
    const { port, accepted } = await counting();
    port.freeze();
    const lost = closeOf(await connected(port.number));
    const [next = 0] = await freePorts(1);
    await port.move({ host: "127.0.0.1", port: next });
    await lost; // nobody had accepted it
    const waiting = closeOf(await connected(next));
    await new Promise(setImmediate);
    expect(accepted).toHaveLength(0);
    port.thaw();
    expect(accepted).toHaveLength(1);
    accepted[0]?.destroy();
    await waiting;
    port.unlisten();
  });

  test("that nobody listens on any more when it arrives stays closed, and is listened on there later", async () => {
    const { port } = await counting();
    const [next = 0] = await freePorts(1);
    const moved = port.move({ host: "127.0.0.1", port: next });
    port.unlisten();
    await moved;
    expect(await tryConnect(next)).toBe("ECONNREFUSED");
    await port.listen((socket) => socket.destroy());
    expect(await tryConnect(next)).toBe("connected");
    port.unlisten();
  });
});
