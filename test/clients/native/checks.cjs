// The native `zookeeper` client (Apache's C client under Node) against an ensemble: see ../program.ts for what is printed and
// read. It has no multi.
//
// usage: node checks.cjs CONNECT_STRING
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { createInterface } = require("node:readline");
const ZooKeeper = require("zookeeper");

const hosts = process.argv[2];
const patienceMs = 15_000; // every wait is for an event
const {
  ZOO_PERSISTENT,
  ZOO_EPHEMERAL,
  ZOO_PERSISTENT_SEQUENTIAL,
  ZOO_EPHEMERAL_SEQUENTIAL,
  ZOO_CONTAINER,
  ZOO_PERSISTENT_WITH_TTL,
  ZOO_CREATED_EVENT,
  ZOO_DELETED_EVENT,
  ZOO_CHANGED_EVENT,
  ZOO_CHILD_EVENT,
  ZOO_SESSION_EVENT,
  ZOO_PERM_ALL,
} = ZooKeeper.constants;

const clients = [];

async function connect() {
  const client = new ZooKeeper.Promise({
    connect: hosts,
    timeout: 10_000,
    debug_level: ZooKeeper.constants.ZOO_LOG_LEVEL_ERROR,
    host_order_deterministic: true,
    data_as_buffer: true,
  });
  clients.push(client);
  client.init();
  await happens("the client connects", once(client, "connect"));
  return client;
}

function happens(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${patienceMs} ms: ${what}`)), patienceMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A watch callback and the promise of its first event about a node, which keeps the later ones too. */
function watch() {
  const seen = [];
  let first;
  const fired = new Promise((resolve) => {
    first = resolve;
  });
  const callback = (type, _state, path) => {
    if (type === ZOO_SESSION_EVENT) return;
    seen.push([type, path]);
    first();
  };
  return { callback, fired, seen };
}

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function ask(wish) {
  console.log(`please ${wish}`);
  assert.equal((await answers.next()).value, "done");
}

const checks = {
  async sessions() {
    const first = await connect();
    const second = await connect();
    await first.create("/sessions", "1", ZOO_EPHEMERAL);
    const gone = watch();
    const stat = await second.w_exists("/sessions", gone.callback);
    assert.equal(stat.ephemeralOwner, first.client_id);
    first.close();
    await happens("the ephemeral node of a closed session goes", gone.fired);
    assert.deepEqual(gone.seen, [[ZOO_DELETED_EVENT, "/sessions"]]);
    assert.equal(await second.pathExists("/sessions", false), false);
  },

  async nodes() {
    const client = await connect();
    await client.create("/nodes", "1", ZOO_PERSISTENT);
    await client.create("/nodes/a", "one", ZOO_PERSISTENT);
    assert.equal((await client.set("/nodes/a", "two", 0)).version, 1);
    const [stat, data] = await client.get("/nodes/a", false);
    assert.deepEqual([data.toString(), stat.version, stat.dataLength], ["two", 1, 3]);
    await assert.rejects(client.set("/nodes/a", "three", 5), /bad version/);
    await assert.rejects(client.create("/nodes/a", "", ZOO_PERSISTENT), /node exists/);
    await assert.rejects(client.delete_("/nodes", -1), /not empty/);
    await client.create("/nodes/container", "", ZOO_CONTAINER);
    await client.create("/nodes/ttl", "", ZOO_PERSISTENT_WITH_TTL, 60_000);
    const children = (await client.get_children("/nodes", false)).sort();
    assert.deepEqual(children, ["a", "container", "ttl"]);
    await client.delete_("/nodes/a", 1);
    await assert.rejects(client.get("/nodes/a", false), /no node/);
    await client.sync("/nodes");
  },

  async sequential() {
    const client = await connect();
    await client.create("/seq", "", ZOO_PERSISTENT);
    assert.deepEqual(
      [
        await client.create("/seq/n-", "", ZOO_PERSISTENT_SEQUENTIAL),
        await client.create("/seq/e-", "", ZOO_EPHEMERAL_SEQUENTIAL),
      ],
      ["/seq/n-0000000000", "/seq/e-0000000001"],
    );
  },

  async watches() {
    const client = await connect();
    const other = await connect();
    await client.create("/watched", "0", ZOO_PERSISTENT);
    const [data, child, later] = [watch(), watch(), watch()];
    await client.w_get("/watched", data.callback);
    await client.w_get_children("/watched", child.callback);
    await assert.rejects(client.w_exists("/later", later.callback), /no node/);
    await other.create("/watched/a", "", ZOO_PERSISTENT);
    await other.set("/watched", "1", -1);
    await other.set("/watched", "2", -1);
    await other.create("/later", "", ZOO_PERSISTENT);
    await happens("an exists watch fires", later.fired);
    assert.deepEqual(
      [data.seen, child.seen, later.seen],
      [
        [[ZOO_CHANGED_EVENT, "/watched"]],
        [[ZOO_CHILD_EVENT, "/watched"]],
        [[ZOO_CREATED_EVENT, "/later"]],
      ],
    );
  },

  async locks() {
    const first = await connect();
    const second = await connect();
    await first.create("/lock", "", ZOO_PERSISTENT);
    const held = await first.create("/lock/n-", "", ZOO_EPHEMERAL_SEQUENTIAL);
    const wanted = await second.create("/lock/n-", "", ZOO_EPHEMERAL_SEQUENTIAL);
    const queue = async (client) =>
      (await client.get_children("/lock", false)).sort().map((name) => `/lock/${name}`);
    assert.deepEqual(await queue(second), [held, wanted]);
    const released = watch();
    await second.w_exists(held, released.callback);
    await first.delete_(held, -1);
    await happens("the one before in the queue goes", released.fired);
    assert.deepEqual(await queue(second), [wanted]);
  },

  async acls() {
    const owner = await connect();
    const stranger = await connect();
    const authenticate = (client) =>
      new Promise((resolve) => client.add_auth("digest", "user:secret", resolve));
    await happens("the owner is known", authenticate(owner));
    await owner.create("/private", "1", ZOO_PERSISTENT);
    await owner.set_acl("/private", -1, [{ perms: ZOO_PERM_ALL, scheme: "auth", auth: "" }]);
    await owner.get("/private", false);
    await assert.rejects(stranger.get("/private", false), /not authenticated/);
    await happens("the stranger is known", authenticate(stranger));
    await stranger.get("/private", false);
  },

  async expiry() {
    const client = await connect();
    const other = await connect();
    await client.create("/expiring", "", ZOO_EPHEMERAL);
    const gone = watch();
    await other.w_exists("/expiring", gone.callback);
    const closed = once(client, "close");
    await ask(`expire 0x${client.client_id}`);
    await happens("the ephemeral node of an expired session goes", gone.fired);
    await happens("the client learns that its session expired", closed);
  },

  async failover() {
    const client = await connect();
    await client.create("/kept", "", ZOO_EPHEMERAL);
    await client.create("/counted", "0", ZOO_PERSISTENT);
    const session = client.client_id;
    const changed = watch();
    await client.w_get("/counted", changed.callback);
    const broken = once(client, "connecting");
    const again = broken.then(() => once(client, "connect"));
    await ask("kill-leader");
    await happens("the connection to the killed leader breaks", broken);
    await happens("the client reaches another peer", again);
    assert.equal(client.client_id, session);
    const stat = await client.exists("/kept", false);
    assert.equal(stat.ephemeralOwner, session);
    await client.set("/counted", "1", 0);
    await happens("a watch lives on at another peer", changed.fired);
  },
};

async function main() {
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`failed ${name}: ${String(error.message).replaceAll("\n", " ")}`);
    }
    for (const client of clients.splice(0)) client.close();
  }
  process.exit();
}

main();
