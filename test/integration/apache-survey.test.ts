// What is made of a server's answer, and of none: the servers here are sockets that say what is wanted.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { type Survey, silence, surveyOf } from "../../src/apache/survey.ts";

/** What is seen of a server that treats each connection so. */
async function seenOf(
  serve: (socket: Socket) => void,
  timeout = 10_000,
): Promise<Survey | undefined> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    serve(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    return await surveyOf({ host: "127.0.0.1", port }, timeout);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

test("a server that serves is seen in its role", async () => {
  const text = "Connections: 1\nZxid: 0x200000003\nMode: leader\nNode count: 5\n";
  const seen = await seenOf((socket) => socket.end(text));
  const expected = { role: "leader", serving: true, epoch: 2, zxid: 0x2_0000_0003n, znodes: 5 };
  expect(seen).toMatchObject(expected);
});

test("one that says it does not serve, and one that hangs up, look for a leader", async () => {
  const notServing = "This ZooKeeper instance is not currently serving requests\n";
  expect(await seenOf((socket) => socket.end(notServing))).toEqual(silence);
  expect(await seenOf((socket) => socket.resetAndDestroy())).toEqual(silence);
});

test("of one that says nothing in time nothing is known", async () => {
  expect(await seenOf(() => {}, 50)).toBe(undefined);
});
