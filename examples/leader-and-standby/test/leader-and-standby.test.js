import { once } from "node:events";
import { describe, expect } from "vitest";
import { test as base } from "zookeeper-memory-server/vitest";
import { Candidate } from "../src/candidate.js";
import { FencedOutbox, Outbox, write, writeInEpoch } from "../src/work.js";
import { ask, open } from "../src/zookeeper.js";

const seconds = (count) => count * 1000;

/**
 * Alice leads and bob stands by. Alice is connected to peer 1 alone, so that she can be cut off alone, bob to the others. `story`
 * keeps who began and ceased to lead, in order.
 */
const test = base.extend({
  candidates: async ({ ensemble }, use) => {
    await ensemble.seedTree({ election: "", epoch: "", progress: "" });
    const clients = [];
    const story = [];
    const [first, ...others] = ensemble.peers.map((peer) => peer.address);
    const addresses = { alice: first, bob: others.join(",") };

    const begin = async (options) => {
      const [alice, bob] = Object.entries(addresses).map(([name, address]) => {
        const connect = async () => {
          clients.push(await open(address));
          return clients.at(-1);
        };
        const candidate = new Candidate(name, connect, options);
        for (const change of ["leads", "stands by"]) {
          candidate.on(change, () => story.push(`${name} ${change}`));
        }
        return candidate;
      });
      const leads = once(alice, "leads");
      await alice.stand();
      await leads;
      await bob.stand();
      await isInLine(ensemble, bob);
      return { alice, bob, story };
    };
    await use(begin);
    for (const client of clients) client.close();
  },
});

/** Resolves when the candidate has a node, another than the old one, and watches the one before it: nobody else watches any. */
function isInLine(ensemble, candidate, old) {
  return ensemble.waitFor("a place in the line", async () => {
    const { peers } = await ensemble.status();
    const watches = peers.reduce((sum, peer) => sum + peer.watches, 0);
    return candidate.node !== old && watches === 1;
  });
}

describe("a standby", () => {
  test("takes over when the leader's session has expired, and not before", async ({
    ensemble,
    candidates,
  }) => {
    const { alice, bob, story } = await candidates();
    await ensemble.sessions.freeze(alice.node); // as if its machine had crashed: nothing is heard of it
    await ensemble.clock.advance(seconds(4));
    await ask((done) => bob.client.exists("/", done)); // events come ahead of answers
    expect(story).toEqual(["alice leads"]);

    const takesOver = once(bob, "leads");
    await ensemble.clock.advance(seconds(4)); // the session's timeout is 6
    await takesOver;
    expect(bob.epoch).toBeGreaterThan(alice.epoch);
  });

  test("takes over at once from a leader that ends its session", async ({ candidates }) => {
    const { alice, bob, story } = await candidates();
    const takesOver = once(bob, "leads");
    alice.client.close();
    await takesOver;
    expect(story).toEqual(["alice leads", "alice stands by", "bob leads"]);
  });

  test("does not take over when ZooKeeper's own leader dies: sessions live on", async ({
    ensemble,
    candidates,
  }) => {
    const { alice, story } = await candidates();
    const { node } = alice;
    const again = once(alice, "leads");
    const down = once(alice.client, "disconnected");
    const { killed } = await ensemble.killLeader();
    await killed.start();
    await down;
    await again;
    expect(story).toEqual(["alice leads", "alice stands by", "alice leads"]);
    expect(alice.node).toBe(node);
  });
});

describe("a leader that is frozen", () => {
  /** Neither alice nor ZooKeeper hears of the other for longer than her session lasts. */
  async function freeze(ensemble, { bob }) {
    const takesOver = once(bob, "leads");
    const frozen = await ensemble.isolate(1, { from: "clients" });
    await ensemble.clock.advance(seconds(8));
    await takesOver;
    return frozen;
  }

  test("still leads when the next one does: there are two", async ({ ensemble, candidates }) => {
    const { alice, bob, story } = await candidates();
    const frozen = await freeze(ensemble, { bob });
    expect([alice.leads, bob.leads]).toEqual([true, true]);

    const hears = once(alice, "stands by");
    await frozen.undo();
    await hears;
    expect(story).toEqual(["alice leads", "bob leads", "alice stands by"]);
    expect([alice.leads, bob.leads]).toEqual([false, true]);
  });

  test.for([
    ["does what the next one does too", new Outbox(), ["bill by bob", "bill by alice"]],
    ["is stopped by its epoch, outside ZooKeeper", new FencedOutbox(), ["bill by bob"]],
  ])("%s", async ([, outbox, sent], { ensemble, candidates }) => {
    const { alice, bob } = await candidates();
    await freeze(ensemble, { bob });
    for (const [name, candidate] of Object.entries({ bob, alice })) {
      try {
        if (candidate.leads) outbox.send(`bill by ${name}`, candidate.epoch);
      } catch {
        // whoever is told that its epoch is over has nothing more to do
      }
    }
    expect(outbox.sent).toEqual(sent);
  });

  test.for([
    ["writes over what the next one wrote", write, { answer: "written", progress: "alice's" }],
    [
      "is stopped by its epoch, in ZooKeeper",
      writeInEpoch,
      { answer: "BAD_VERSION", progress: "bob's" },
    ],
  ])("%s", async ([, writeAs, end], { ensemble, candidates }) => {
    const { alice, bob } = await candidates();
    const begunIn = alice.epoch; // it has decided what to write, and then does nothing for a while
    const frozen = await freeze(ensemble, { bob });
    await writeAs(bob.client, bob.epoch, "bob's");

    const old = alice.node;
    const hears = once(alice, "stands by");
    await frozen.undo();
    await hears;
    await isInLine(ensemble, alice, old);
    const answer = await writeAs(alice.client, begunIn, "alice's").then(
      () => "written",
      (error) => error.getName(),
    );
    expect({ answer, ...(await ensemble.dump()) }).toMatchObject(end);
  });
});

describe("a leader whose server is cut off from the others", () => {
  /** Peer 1 gives up when it has heard nothing for two seconds, and parts with its clients; her session ends after six. */
  async function partition(ensemble, { alice, bob }) {
    const disconnected = once(alice.client, "disconnected");
    const cut = await ensemble.partition([1], [2, 3]);
    await ensemble.clock.advance(seconds(3));
    await disconnected;
    const takesOver = once(bob, "leads");
    await ensemble.clock.advance(seconds(6));
    await takesOver;
    return cut;
  }

  test("has stood down before the next one leads, if it is cautious", async ({
    ensemble,
    candidates,
  }) => {
    const { alice, bob, story } = await candidates();
    const cut = await partition(ensemble, { alice, bob });
    expect(story).toEqual(["alice leads", "alice stands by", "bob leads"]);

    const old = alice.node;
    await cut.undo();
    await isInLine(ensemble, alice, old);
    expect(bob.leads).toBe(true);
  });

  test("leads beside the next one, if it waits for news of its session", async ({
    ensemble,
    candidates,
  }) => {
    const { alice, bob, story } = await candidates({ isCautious: false });
    const cut = await partition(ensemble, { alice, bob });
    expect(story).toEqual(["alice leads", "bob leads"]);
    expect([alice.leads, bob.leads]).toEqual([true, true]);

    const hears = once(alice, "stands by");
    await cut.undo();
    await hears;
  });
});
