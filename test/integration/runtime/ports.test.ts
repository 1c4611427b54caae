import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { PortKeeper } from "../../../src/runtime/ports.ts";

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

async function listenAnywhere(): Promise<Server> {
  const server = createServer().listen(0, "127.0.0.1");
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
