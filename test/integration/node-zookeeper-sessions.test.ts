// What node-zookeeper-client does besides asking: it tells of its state, sends pings when idle, resumes sessions, and after a
// reconnect sends its credentials and its watches again, in this order and without waiting for answers.
import { once } from "node:events";
import { ACL, CreateMode, Event, Exception, Id, Permission, State } from "node-zookeeper-client";
import { expect, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";
import { RawClient } from "../conformance/raw-client.ts";
import { ask, NodeZookeeper } from "./node-zookeeper.ts";

test("it tells of its states by an event each, and asks what was asked before it connected", async () => {
  await using ensemble = await startEnsemble(1);
  const early = NodeZookeeper.create(ensemble.connectString);
  const created = early.create("/early", "1");
  const connected = once(early.client, "connected");
  early.client.connect();
  await connected;
  expect(await created).toBe("/early");

  const disconnected = once(early.client, "disconnected");
  const reconnected = disconnected.then(() => once(early.client, "connected"));
  await ensemble.sessions.disconnect(early.session);
  await reconnected;
  const expired = once(early.client, "expired");
  await ensemble.sessions.expire(early.session);
  await expired;
  expect(early.states).toEqual([
    "SYNC_CONNECTED[3]",
    "DISCONNECTED[0]",
    "SYNC_CONNECTED[3]",
    "DISCONNECTED[0]",
    "EXPIRED[-122]",
  ]);
  await expect(early.get("/early")).rejects.toMatchObject({ code: Exception.SESSION_EXPIRED });
});

test("a program that starts again goes on with its session at another peer, by id and password", async () => {
  await using ensemble = await startEnsemble(3);
  await using before = await NodeZookeeper.connect(ensemble.peer(1).address);
  await before.create("/mine", "", CreateMode.EPHEMERAL);
  const sessionId = before.client.getSessionId();
  const sessionPassword = before.client.getSessionPassword();
  await ensemble.peer(1).kill();
  await ensemble.waitForQuorum();

  const elsewhere = ensemble.peer(2).address;
  await using after = await NodeZookeeper.connect(elsewhere, { sessionId, sessionPassword });
  expect(after.client.getSessionId()).toEqual(sessionId);
  expect((await after.exists("/mine"))?.ephemeralOwner).toEqual(sessionId);

  // A wrong password gets nobody in, but cuts the good connection, as on Apache's server.
  const cut = after.next(State.DISCONNECTED);
  const back = cut.then(() => after.next(State.SYNC_CONNECTED));
  const settings = { sessionId, sessionPassword: Buffer.alloc(16) };
  const intruder = NodeZookeeper.create(elsewhere, settings);
  const refused = intruder.next(State.EXPIRED);
  intruder.client.connect();
  await Promise.all([refused, back]);
  expect((await after.exists("/mine"))?.ephemeralOwner).toEqual(sessionId);
});

test("its pings alone keep a session", async () => {
  await using ensemble = await startEnsemble(1);
  await using idle = await NodeZookeeper.connect(ensemble.connectString, { sessionTimeout: 300 });
  await idle.create("/idle", "", CreateMode.EPHEMERAL);
  const silent = await RawClient.open(ensemble.peer(1), { timeout: 300 });
  await ensemble.waitForSessionGone(silent.session);
  expect(await ensemble.sessions.get("/idle")).toMatchObject({ id: idle.session, timeout: 300 });
  expect(idle.states).toEqual(["SYNC_CONNECTED[3]"]);
});

test("what happened while it was away reaches its watches, below its chroot, and its credentials are sent again", async () => {
  await using ensemble = await startEnsemble(3);
  await ensemble.seedTree({ world: { data: "0", parent: {}, doomed: "" } });
  const home = ensemble.peer(1);
  await using client = await NodeZookeeper.connect(`${home.address}/world`);
  const mine = [new ACL(Permission.ALL, new Id("auth", ""))];
  client.client.addAuthInfo("digest", Buffer.from("user:secret"));
  await ask((done) => client.client.create("/private", Buffer.from("1"), mine, done));
  const events: Event[] = [];
  const heard = new Promise<void>((resolve) => {
    const listen = (event: Event): void => {
      if (events.push(event) === 4) resolve();
    };
    client.get("/data", listen);
    client.children("/parent", listen);
    client.exists("/doomed", listen);
    client.exists("/later", listen);
  });
  await client.exists("/");

  const { session } = client;
  const away = client.next(State.DISCONNECTED);
  const back = away.then(() => client.next(State.SYNC_CONNECTED));
  await home.kill();
  await away;
  await using other = await NodeZookeeper.connect(`${ensemble.peer(2).address}/world`);
  await other.set("/data", "1");
  await other.create("/parent/child");
  await other.remove("/doomed");
  await other.create("/later");
  await home.start();
  await back;
  await heard;
  expect(events.map(({ type, path }) => [path, type]).sort()).toEqual([
    ["/data", Event.NODE_DATA_CHANGED],
    ["/doomed", Event.NODE_DELETED],
    ["/later", Event.NODE_CREATED],
    ["/parent", Event.NODE_CHILDREN_CHANGED],
  ]);
  expect([client.session, await client.get("/private")]).toEqual([session, "1"]);
});

test("what was asked before a close is answered, then the session goes", async () => {
  await using ensemble = await startEnsemble(3);
  const client = await NodeZookeeper.connect(ensemble.connectString);
  const { session } = client;
  await client.create("/parent");
  const names = Array.from({ length: 20 }, (_, index) => `/parent/${index}`);
  const created = names.map((name) => client.create(name, "", CreateMode.EPHEMERAL));
  const read = client.children("/parent");
  const closed = client[Symbol.asyncDispose]();
  expect(await Promise.all(created)).toEqual(names);
  expect((await read).length).toBe(20);
  await closed;
  await ensemble.waitForConverged();
  expect(await ensemble.sessions.get(session)).toBe(undefined);
  expect(await ensemble.dump()).toEqual({ parent: "" });
  expect(client.states).toEqual(["SYNC_CONNECTED[3]", "DISCONNECTED[0]"]);
});

test("an authentication that nobody understands ends it", async () => {
  await using ensemble = await startEnsemble(1);
  const client = await NodeZookeeper.connect(ensemble.connectString);
  const failed = once(client.client, "authenticationFailed");
  const disconnected = client.next(State.DISCONNECTED);
  client.client.addAuthInfo("nonsense", Buffer.from("user:secret"));
  await failed;
  await disconnected;
  expect(client.states).toEqual(["SYNC_CONNECTED[3]", "AUTH_FAILED[4]", "DISCONNECTED[0]"]);
});

test("an ACL is replaced where its version is right", async () => {
  await using ensemble = await startEnsemble(1);
  await using client = await NodeZookeeper.connect(ensemble.connectString);
  await client.create("/listed");
  const readOnly = [new ACL(Permission.READ, new Id("world", "anyone"))];
  const setACL = (version: number) =>
    ask<{ aversion: number }>((done) => client.client.setACL("/listed", readOnly, version, done));
  await expect(setACL(7)).rejects.toMatchObject({ code: Exception.BAD_VERSION });
  expect((await setACL(0)).aversion).toBe(1);
  await expect(client.set("/listed", "1")).rejects.toMatchObject({ code: Exception.NO_AUTH });
  await client.remove("/listed"); // that is its parent's to allow
});
