import { once } from "node:events";
import { describe, expect } from "vitest";
import { test as base } from "zookeeper-memory-server/vitest";
import * as account from "../src/account.js";
import { acquire } from "../src/fair-lock.js";
import { FencedStore, Store } from "../src/store.js";
import { ask, open } from "../src/zookeeper.js";

const path = "/locks/printer";
const seconds = (count) => count * 1000;

/** Alice is connected to peer 1 alone, so that she can be cut off alone; bob and carol to the others. */
const test = base.extend({
  clients: async ({ ensemble }, use) => {
    await ensemble.seedTree({ locks: { printer: "" }, account: "100" });
    const [first, ...others] = ensemble.peers.map((peer) => peer.address);
    const [alice, bob, carol] = await Promise.all([
      open(first),
      open(others.join(",")),
      open(others.join(",")),
    ]);
    await use({ alice, bob, carol });
    for (const client of [alice, bob, carol]) client.close();
  },
});

/** How many are waiting: who waits watches one node. */
async function watches(ensemble) {
  const { peers } = await ensemble.status();
  return peers.reduce((sum, peer) => sum + peer.watches, 0);
}

/** Asks for the lock; resolves when the client stands in the queue and watches the one before it. */
async function queueUp(ensemble, client) {
  const before = await watches(ensemble);
  const place = { wakes: 0 };
  place.lock = acquire(client, path, () => {
    place.wakes += 1;
  }).then((lock) => {
    place.held = lock;
    return lock;
  });
  await ensemble.waitFor("a place in the queue", async () => (await watches(ensemble)) > before);
  return place;
}

describe("a holder that crashes", () => {
  test("has the lock until its session expires; then the next one has it", async ({
    ensemble,
    clients: { alice, bob },
  }) => {
    const { node } = await acquire(alice, path);
    const next = await queueUp(ensemble, bob);

    await ensemble.sessions.freeze(node); // nothing is heard of alice any more
    await ensemble.clock.advance(seconds(4));
    await ask((done) => bob.exists("/", done));
    expect(next.wakes).toBe(0);
    await ensemble.clock.advance(seconds(4)); // her session's timeout is 6

    expect((await next.lock).held).toBe(true);
    expect(next.wakes).toBe(1);
  });

  test("does not let in who stands behind one that waits", async ({
    ensemble,
    clients: { alice, bob, carol },
  }) => {
    const lock = await acquire(alice, path);
    await queueUp(ensemble, bob);
    const last = await queueUp(ensemble, carol);

    await ensemble.sessions.expire(bob.getSessionId().readBigInt64BE()); // a crash in the queue
    await ensemble.waitFor("carol wakes", () => last.wakes === 1);
    await ensemble.waitFor("carol waits", async () => (await watches(ensemble)) === 1);
    expect(last.held).toBeUndefined();

    await lock.release();
    expect((await last.lock).held).toBe(true);
  });
});

describe("a ticket whose answer is lost with the connection", () => {
  test("is found again, and the second one thrown away", async ({
    ensemble,
    clients: { alice },
  }) => {
    await ensemble.network.on({ type: "REPLY", from: 1, to: "clients" }, "reset");
    const { node } = await acquire(alice, path);
    const queue = await ask((done) => alice.getChildren(path, done));
    expect(queue.map((name) => `${path}/${name}`)).toEqual([node]);
  });
});

describe("a holder that does not know that its session has expired", () => {
  /** Alice hears nothing for longer than her timeout, bob gets in and writes; then she does. */
  async function story(ensemble, { alice, bob }, store) {
    const hers = await acquire(alice, path);
    const next = await queueUp(ensemble, bob);
    const deaf = await ensemble.isolate(1, { from: "clients" });
    await ensemble.clock.advance(seconds(8));
    const his = await next.lock;
    const believe = [hers.held, his.held];
    store.write("bob's", his);
    let refused = false;
    try {
      store.write("alice's", hers);
    } catch {
      refused = true;
    }
    const told = once(alice, "expired");
    await deaf.undo();
    await told;
    return { believe, refused, text: store.text, after: [hers.held, his.held] };
  }

  test("writes late: for a moment two hold the lock", async ({ ensemble, clients }) => {
    expect(await story(ensemble, clients, new Store())).toEqual({
      believe: [true, true],
      refused: false,
      text: "alice's", // bob's is lost
      after: [false, true], // too late
    });
  });

  test("is refused by who compares its token, the czxid of its node", async ({
    ensemble,
    clients,
  }) => {
    expect(await story(ensemble, clients, new FencedStore())).toEqual({
      believe: [true, true],
      refused: true,
      text: "bob's",
      after: [false, true],
    });
  });
});

describe("a holder that comes back in a new session and finishes what it began", () => {
  /** Both add to the account; alice has looked at it before her session expires, and writes after bob has. */
  async function story(ensemble, { alice, bob }, write) {
    const hers = await acquire(alice, path);
    const seen = await account.look(alice, "/account");
    await ensemble.sessions.expire(hers.node);

    const his = await acquire(bob, path);
    const { balance, version } = await account.look(bob, "/account");
    await write(bob, "/account", { balance: balance + 1, version }, his);

    const again = await open(ensemble.peer(1).address);
    const late = write(again, "/account", { ...seen, balance: seen.balance + 50 }, hers);
    const answer = await late.then(
      () => "written",
      (error) => error.getName(),
    );
    again.close();
    return { answer, balance: (await account.look(bob, "/account")).balance };
  }

  test.for([
    ["writes over what bob did", account.writeBlindly, { answer: "written", balance: 150 }],
    [
      "is refused by the version",
      account.writeIfUnchanged,
      { answer: "BAD_VERSION", balance: 101 },
    ],
    ["is refused by the lock's node", account.writeWhileHeld, { answer: "NO_NODE", balance: 101 }],
  ])("%s", async ([, write, end], { ensemble, clients }) => {
    expect(await story(ensemble, clients, write)).toEqual(end);
  });
});
