// The client that most Node services use, with its own habits: it shuffles the servers, counts its xids from 0, sends its
// watches and its credentials again after each reconnect.
import { ACL, CreateMode, Event, Exception, Id, Permission, State } from "node-zookeeper-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { ask, NodeZookeeper } from "./node-zookeeper.ts";

let ensemble: Ensemble;
beforeAll(async () => {
  ensemble = await startEnsemble(3);
});
afterAll(() => ensemble.close());

const connect = (): Promise<NodeZookeeper> => NodeZookeeper.connect(ensemble.connectString);
const code = (expected: number): unknown => expect.objectContaining({ code: expected });

/** A watch, and the promise of the event it fires with. */
function watch(): { callback: (event: Event) => void; fired: Promise<Event> } {
  let callback: (event: Event) => void = () => {};
  const fired = new Promise<Event>((resolve) => {
    callback = resolve;
  });
  return { callback, fired };
}
const event = (type: number, path: string): unknown => expect.objectContaining({ type, path });

test("a session is known to the ensemble, and its close takes its ephemeral nodes along", async () => {
  await using other = await connect();
  const client = await connect();
  await client.create("/owned", "", CreateMode.EPHEMERAL);
  expect(await ensemble.sessions.get(client.session)).toMatchObject({
    id: client.session,
    timeout: 10_000,
    connected: true,
    ephemerals: ["/owned"],
  });
  const gone = watch();
  const stat = await other.exists("/owned", gone.callback);
  expect(stat?.ephemeralOwner.readBigInt64BE()).toBe(client.session);
  await client[Symbol.asyncDispose]();
  expect(await gone.fired).toEqual(event(Event.NODE_DELETED, "/owned"));
});

test("nodes of every mode", async () => {
  await using client = await connect();
  await client.create("/modes", "parent");
  expect([
    await client.create("/modes/p", "", CreateMode.PERSISTENT),
    await client.create("/modes/e", "", CreateMode.EPHEMERAL),
    await client.create("/modes/s-", "", CreateMode.PERSISTENT_SEQUENTIAL),
    await client.create("/modes/es-", "", CreateMode.EPHEMERAL_SEQUENTIAL),
    await client.create("/modes/s-", "", CreateMode.PERSISTENT_SEQUENTIAL),
  ]).toEqual([
    "/modes/p",
    "/modes/e",
    "/modes/s-0000000002",
    "/modes/es-0000000003",
    "/modes/s-0000000004",
  ]);
  await expect(client.create("/modes/p")).rejects.toEqual(code(Exception.NODE_EXISTS));
  await expect(client.create("/modes/e/x")).rejects.toEqual(
    code(Exception.NO_CHILDREN_FOR_EPHEMERALS),
  );
  await expect(client.create("/none/x")).rejects.toEqual(code(Exception.NO_NODE));
});

test("data and versions", async () => {
  await using client = await connect();
  await client.create("/versions", "one");
  expect(await client.get("/versions")).toBe("one");
  expect((await client.set("/versions", "two", 0)).version).toBe(1);
  await expect(client.set("/versions", "three", 0)).rejects.toEqual(code(Exception.BAD_VERSION));
  await client.create("/versions/child");
  await expect(client.remove("/versions")).rejects.toEqual(code(Exception.NOT_EMPTY));
  await client.remove("/versions/child");
  await expect(client.remove("/versions", 7)).rejects.toEqual(code(Exception.BAD_VERSION));
  await client.remove("/versions", 1);
  expect(await client.exists("/versions")).toBeNull();
});

test("mkdirp builds a path and does not mind one that is there", async () => {
  await using client = await connect();
  const mkdirp = (path: string): Promise<string> => ask((done) => client.client.mkdirp(path, done));
  expect([await mkdirp("/deep/er/est"), await mkdirp("/deep/er/est")]).toEqual([
    "/deep/er/est",
    "/deep/er/est",
  ]);
});

test("watches on data, children and existence fire once, with what happened", async () => {
  await using client = await connect();
  await using other = await connect();
  await other.create("/watched");
  await ask((done) => client.client.exists("/watched", done));
  const [data, children, later] = [watch(), watch(), watch()];
  await client.get("/watched", data.callback);
  await client.children("/watched", children.callback);
  await client.exists("/watched/later", later.callback);
  await other.set("/watched", "1");
  await other.create("/watched/later");
  expect([await data.fired, await children.fired, await later.fired]).toEqual([
    event(Event.NODE_DATA_CHANGED, "/watched"),
    event(Event.NODE_CHILDREN_CHANGED, "/watched"),
    event(Event.NODE_CREATED, "/watched/later"),
  ]);
});

test("a transaction happens as a whole or not at all", async () => {
  await using client = await connect();
  await client.create("/multi");
  const good = client.client.transaction();
  good.create("/multi/a", Buffer.from("1")).setData("/multi", Buffer.from("2"), 0);
  good.check("/multi", 1).remove("/multi/a");
  await client.commit(good);
  expect([await client.get("/multi"), await client.children("/multi")]).toEqual(["2", []]);
  const bad = client.client.transaction();
  bad.create("/multi/b", Buffer.from("1")).check("/multi", 7).create("/multi/c");
  await expect(client.commit(bad)).rejects.toEqual(code(Exception.BAD_VERSION));
  expect(await client.children("/multi")).toEqual([]);
});

test("an ACL keeps others out until they authenticate", async () => {
  await using owner = await connect();
  await using stranger = await connect();
  owner.client.addAuthInfo("digest", Buffer.from("user:secret"));
  const all = [new ACL(Permission.ALL, new Id("auth", ""))];
  await ask((done) => owner.client.create("/private", Buffer.from("1"), all, done));
  const acls = await ask<ACL[]>((done) => owner.client.getACL("/private", done));
  expect(acls.map(({ id }) => `${id.scheme}:${id.id}`)).toEqual([
    "digest:user:5w9W4eL3797Y4Wq8AcKUPPk8ha4=",
  ]);
  await expect(stranger.get("/private")).rejects.toEqual(code(Exception.NO_AUTH));
  stranger.client.addAuthInfo("digest", Buffer.from("user:secret"));
  expect(await stranger.get("/private")).toBe("1");
});

test("a chroot in the connect string is the client's own world", async () => {
  await using root = await connect();
  await root.create("/world");
  await using client = await NodeZookeeper.connect(`${ensemble.connectString}/world`);
  expect(await client.create("/a", "1")).toBe("/a");
  expect(await root.get("/world/a")).toBe("1");
});

test("an expired session's ephemeral nodes go, and its client hears of it", async () => {
  await using other = await connect();
  const client = await connect();
  await client.create("/expiring", "", CreateMode.EPHEMERAL);
  const gone = watch();
  await other.exists("/expiring", gone.callback);
  const expired = client.next(State.EXPIRED);
  await ensemble.sessions.expire(client.session);
  expect(await gone.fired).toEqual(event(Event.NODE_DELETED, "/expiring"));
  await expired;
  expect(client.states).toEqual(["SYNC_CONNECTED[3]", "DISCONNECTED[0]", "EXPIRED[-122]"]);
});

test("a client of the killed leader goes on at another peer, in the same session", async () => {
  await using own = await startEnsemble(3);
  const refused = await own.network.refuse({ to: "followers", channel: "client" });
  await using client = await NodeZookeeper.connect(own.connectString);
  await refused.undo();
  const { session } = client;
  const leader = await own.leader();
  expect((await own.sessions.get(session))?.peer).toBe(leader.id);
  await client.create("/kept", "", CreateMode.EPHEMERAL);
  await client.create("/counted", "0");
  const changed = watch();
  await client.get("/counted", changed.callback);

  const broken = client.next(State.DISCONNECTED);
  const again = broken.then(() => client.next(State.SYNC_CONNECTED));
  await own.killLeader();
  await again;

  expect(client.session).toBe(session);
  expect((await own.sessions.get(session))?.peer).not.toBe(leader.id);
  expect((await client.exists("/kept"))?.ephemeralOwner.readBigInt64BE()).toBe(session);
  await client.set("/counted", "1", 0);
  expect(await changed.fired).toEqual(event(Event.NODE_DATA_CHANGED, "/counted"));
});
