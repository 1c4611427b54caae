import { expect, test } from "vitest";
import { noSession, sessionIdOf } from "../../src/core/base/ids.ts";
import { sessionPassword } from "../../src/core/session/password.ts";
import { framed } from "../frames.ts";
import { answers, atEveryPlace, body, inFewTries, rest, send } from "./places.ts";
import { RawClient, RawSocket, type Server } from "./raw-client.ts";
import {
  auth,
  closeSession,
  create,
  exists,
  getData,
  multi,
  ping,
  setData,
  sync,
  whoAmI,
} from "./requests.ts";
import { sessionTimeouts } from "./settings.ts";
import { target } from "./targets.ts";

const refused = { timeout: 0, session: noSession, password: new Uint8Array(16) };

atEveryPlace(
  "a new session has an id, the password that goes with it and the timeout asked for",
  async (server) => {
    const client = await RawClient.open(server, { timeout: 7000 });
    const { session, ...response } = client.response;
    expect(response).toEqual({
      protocolVersion: 0,
      timeout: 7000,
      password: sessionPassword(session),
      readOnly: false,
    });
    expect(session).not.toBe(0n);
    await client.end();
  },
);

for (const [asked, given] of [
  [1, sessionTimeouts.min],
  [0, sessionTimeouts.min],
  [-5, sessionTimeouts.min],
  [sessionTimeouts.min, sessionTimeouts.min],
  [1_000_000, sessionTimeouts.max],
] as const) {
  atEveryPlace(`a timeout of ${asked} becomes ${given}`, async (server) => {
    const client = await RawClient.open(server, { timeout: asked });
    expect(client.response.timeout).toBe(given);
    await client.end();
  });
}

atEveryPlace("sessions are numbered one after the other", async (server) => {
  const first = await RawClient.open(server);
  const second = await RawClient.open(server);
  expect(second.session - first.session).toBe(1n);
  await first.end();
  await second.end();
});

atEveryPlace("without the byte for read-only the answer has none either", async (server) => {
  const client = await RawClient.open(server, { readOnly: undefined });
  expect(client.response.readOnly).toBe(undefined);
  await client.end();
});

atEveryPlace(
  "a client that would be content to read only is told that it need not",
  async (server) => {
    const client = await RawClient.open(server, { readOnly: true });
    expect(client.response.readOnly).toBe(false);
    await client.end();
  },
);

atEveryPlace("the password of a new session is not looked at", async (server) => {
  const client = await RawClient.open(server, { password: new Uint8Array(3) });
  expect(client.response.timeout).toBeGreaterThan(0);
  await client.end();
});

atEveryPlace("a client that has seen a later zxid is cut off without a word", async (server) => {
  expect(await RawClient.tryOpen(server, { lastZxidSeen: 2 ** 50 })).toBe(undefined);
});

atEveryPlace("the latest zxid that a client may have seen is the server's own", async (server) => {
  const first = await RawClient.open(server);
  const answer = (await first.until(send(first, ping()))).at(-1);
  const lastZxidSeen = answer?.kind === "reply" ? answer.reply.zxid : 0;
  const ahead = { lastZxidSeen: lastZxidSeen + 1 };
  expect(await RawClient.tryOpen(server, ahead)).toBe(undefined);
  const level = await RawClient.tryOpen(server, { lastZxidSeen });
  expect(level?.response.timeout).toBeGreaterThan(0);
  await level?.end();
  await first.end();
});

atEveryPlace("a session of nobody is refused", async (server) => {
  const session = sessionIdOf(0x7123_4567_89ab_cdefn);
  const password = sessionPassword(session);
  const client = await RawClient.open(server, { session, password });
  expect(client.response).toMatchObject(refused);
  expect(await rest(client)).toEqual(["closed"]);
});

atEveryPlace("a refusal lacks the byte for read-only where the request did", async (server) => {
  const session = sessionIdOf(0x7123_4567_89ab_cdefn);
  const client = await RawClient.open(server, { session, readOnly: undefined });
  expect(client.response.readOnly).toBe(undefined);
});

atEveryPlace(
  "a reconnect keeps the session, takes no zxid and forgets who it was",
  async (server) => {
    const first = await RawClient.open(server);
    const { session } = first;
    const { password } = first.response;
    expect(await answers(first, auth("digest", "bob:pw"))).toEqual(["ok @zero"]);
    const [before] = await answers(first, ping());
    const second = await RawClient.open(server, { session, password, timeout: 9000 });
    expect(second.response).toEqual({ ...first.response, timeout: 9000 });
    expect(await rest(first)).toEqual(["closed"]);
    expect(await answers(second, ping())).toEqual([before]);
    const [who] = await answers(second, whoAmI());
    expect(who).toMatch(/ \[ip:127.0.0.1\]$/);
    await second.end();
  },
);

atEveryPlace(
  "a reconnect with a wrong password is refused, and cuts the good connection all the same",
  async (server) => {
    const first = await RawClient.open(server);
    const { session } = first;
    const password = new Uint8Array(16).fill(1);
    const second = await RawClient.open(server, { session, password });
    expect(second.response.timeout).toBe(0);
    expect(await rest(second)).toEqual(["closed"]);
    expect(await rest(first)).toEqual(["closed"]);
    await first.end();
  },
);

atEveryPlace("a session that was closed is refused", async (server) => {
  const first = await RawClient.open(server);
  await first.end();
  const again = { session: first.session, password: first.response.password };
  const second = await RawClient.open(server, again);
  expect(second.response.timeout).toBe(0);
});

atEveryPlace("requests right behind the handshake are answered behind it", async (server) => {
  const socket = await RawSocket.open(server);
  const hello = framed((w) => {
    w.int(0);
    w.long(0);
    w.int(5000);
    w.long(0);
    w.buffer(new Uint8Array(16));
    w.bool(false);
  });
  const request = (xid: number, type: number) =>
    framed((w) => {
      w.int(xid);
      w.int(type);
      if (type === 3) w.raw(body(exists("/")));
    });
  socket.write(Buffer.concat([hello, request(1, 3), request(-2, 11), request(2, -11)]));
  const sizes: number[] = [];
  for (let frame = await socket.frame(); frame !== undefined; frame = await socket.frame()) {
    sizes.push(frame.length);
  }
  expect(sizes).toEqual([37, 84, 16, 16]);
});

atEveryPlace("the answer to closeSession comes first, and then the end", async (server) => {
  const client = await RawClient.open(server);
  const [line] = await answers(client, ping());
  const base = Number(line?.replace(/\D/g, ""));
  send(client, closeSession());
  send(client, create("/never"));
  const lines = await rest(client, base);
  // In between Apache may refuse what was piped behind, when it is quick.
  expect([lines[0], lines.at(-1)]).toEqual(["ok @1", "closed"]);
});

atEveryPlace("what is piped before a closeSession goes with it", async (server) => {
  const path = `/piped-${process.pid}`;
  const client = await RawClient.open(server);
  const watcher = await RawClient.open(server);
  send(client, create(path, { flags: 1 }));
  send(client, create(`${path}-2`, { flags: 1 }));
  send(client, closeSession());
  const lines = (await rest(client)).map((line) => line.replace(/ @\d+/, ""));
  expect(lines).toEqual([`ok ${path}`, `ok ${path}-2`, "ok", "closed"]);
  for (const name of [path, `${path}-2`]) {
    expect((await answers(watcher, exists(name))).join()).toMatch(/^NONODE/);
  }
  await watcher.end();
});

test("a session moves to another peer, and its old connection dies by its first write", async () => {
  const [leader, one, two] = (await target()).three;
  if (leader === undefined || one === undefined || two === undefined) throw new Error("no three");
  const first = await RawClient.open(one);
  const { session } = first;
  const moved = await RawClient.open(two, { session, password: first.response.password });
  expect(moved.response.session).toBe(session);
  const [read] = await answers(first, getData("/zookeeper/quota"));
  expect(read).toMatch(/^ok /);
  send(first, setData("/zookeeper/quota", ""));
  expect(await rest(first)).toEqual(["closed"]);
  const [write] = await answers(moved, setData("/no-such-node", ""));
  expect(write).toMatch(/^NONODE /);
  const back = await RawClient.open(one, { session, password: first.response.password });
  send(moved, multi(setData("/zookeeper/quota", "")));
  expect(await rest(moved)).toEqual(["closed"]);
  await back.end();
});

test.each([
  ["a ping", ping()],
  ["a read", exists("/")],
  ["a sync", sync("/")],
])(
  "%s ends the connection that a session left at the leader, a follower answers it",
  async (_, request) => {
    const [leader, one, two] = (await target()).three;
    if (leader === undefined || one === undefined || two === undefined) throw new Error("no three");
    for (const [from, to] of [
      [leader, one],
      [one, two],
    ] as const) {
      const first = await RawClient.open(from);
      const { session, response } = first;
      const moved = await RawClient.open(to, { session, password: response.password });
      send(first, request);
      const frame = await first.next();
      expect(frame.kind).toBe(from === leader ? "closed" : "reply");
      await moved.end();
    }
  },
);

atEveryPlace("ephemerals outlive their connection, not their session", async (server) => {
  const path = `/handshake-${process.pid}`;
  const watcher = await RawClient.open(server);
  const first = await RawClient.open(server);
  await answers(first, create(path, { flags: 1 }));
  first.socket.destroy();
  const { session } = first;
  const second = await RawClient.open(server, { session, password: first.response.password });
  expect((await answers(watcher, exists(path))).join()).toMatch(/^ok/);
  await second.end();
  expect((await answers(watcher, exists(path))).join()).toMatch(/^NONODE/);
  await watcher.end();
});

let expiries = 0;

/** A session that will soon expire, and its ephemeral, which is watched. On a slow machine one may expire before it is. */
function shortLived(
  server: Server,
  watcher: RawClient,
): Promise<{ readonly owner: RawClient; readonly path: string }> {
  return inFewTries(async () => {
    expiries += 1;
    const path = `/expiry-${process.pid}-${expiries}`;
    const owner = await RawClient.open(server, { timeout: sessionTimeouts.min });
    const [made = ""] = await answers(owner, create(path, { flags: 1 }));
    const [seen = ""] = made.startsWith("ok") ? await answers(watcher, exists(path, true)) : [];
    if (seen.startsWith("ok")) return { got: { owner, path } };
    return { spoiled: `created: ${made}; seen: ${seen}` };
  });
}

atEveryPlace(
  "an expired session takes its ephemerals along, closes its connection and is refused",
  async (server) => {
    const watcher = await RawClient.open(server);
    const { owner, path } = await shortLived(server, watcher);
    const event = await watcher.next();
    expect(event.kind === "event" && event.event).toEqual({ type: 2, state: 3, path });
    expect(await rest(owner)).toEqual(["closed"]);
    const { session, response } = owner;
    const again = await RawClient.open(server, { session, password: response.password });
    expect(again.response.timeout).toBe(0);
    await watcher.end();
  },
);
