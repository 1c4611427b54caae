import { once } from "node:events";
import { describe, expect } from "vitest";
import { test } from "zookeeper-memory-server/vitest";
import { lookThenWatch, trustTheSession, watchOnce } from "../src/naive.js";
import { waitForResult } from "../src/wait-for-result.js";
import { ask, open } from "../src/zookeeper.js";

const path = "/jobs-7";

/** One who waits, connected to peer 1 alone, so that what is done to that connection is done to nobody else. */
async function beginWaiting(ensemble, wait) {
  const clients = [];
  const connect = async () => {
    clients.push(await open(ensemble.peer(1).address));
    return clients.at(-1);
  };
  const waiting = wait(connect, path);
  await ensemble.waitFor("a client", () => clients.length > 0);
  return { waiting, client: clients[0], clients };
}

/** The other system. It writes through another peer, and peer 1 knows of it when this resolves. */
async function write(ensemble, text) {
  await ensemble.seedTree({ [path.slice(1)]: text });
  await ensemble.waitForConverged();
}

/**
 * What became of the waiting, without waiting for it: a server tells of changes before it answers what is asked behind them, so
 * three answers later the client has heard of the change, and could have read twice.
 */
async function outcome(waiting, client) {
  const later = async () => {
    for (let answers = 0; answers < 3; answers += 1) {
      await ask((done) => client.exists("/", done));
    }
    return "still waiting";
  };
  return Promise.race([waiting, later()]);
}

/** All of them are of the one who waits: nobody else is connected to peer 1. */
const watches = async (ensemble) => (await ensemble.peer(1).status()).watches;
const isWatched = (ensemble) =>
  ensemble.waitFor("the watch", async () => (await watches(ensemble)) > 0);

describe("a result that is written between looking and watching", () => {
  async function story(ensemble, wait) {
    const requests = await ensemble.network.hold(
      { from: "clients", to: 1 },
      { type: "CLIENT_REQUEST", path },
    );
    const isAsked = async () => (await requests.queued()).length > 0;
    const { waiting, client } = await beginWaiting(ensemble, wait);
    await ensemble.waitFor("the first request", isAsked);
    await requests.release(1); // the first request is answered: no result
    await ensemble.waitFor("the second request", isAsked);
    await write(ensemble, "done 42"); // and here it is, before the second one arrives
    await requests.undo();
    return { end: await outcome(waiting, client), watches: await watches(ensemble) };
  }

  test("is missed by who looks first and then watches", async ({ ensemble }) => {
    // Its watch stands, for a change that has been.
    expect(await story(ensemble, lookThenWatch)).toEqual({ end: "still waiting", watches: 1 });
  });

  test("is found by who looks and watches at once", async ({ ensemble }) => {
    expect((await story(ensemble, waitForResult)).end).toBe("42");
  });
});

describe("a result that is written after other changes", () => {
  async function story(ensemble, wait) {
    const { waiting, client } = await beginWaiting(ensemble, wait);
    await isWatched(ensemble);
    await write(ensemble, "running");
    await outcome(waiting, client); // it has heard, and looked
    await write(ensemble, "done 42");
    return outcome(waiting, client);
  }

  test("is missed by who watches once: a watch tells of one change", async ({ ensemble }) => {
    expect(await story(ensemble, watchOnce)).toBe("still waiting");
  });

  test("is found by who watches again at each look", async ({ ensemble }) => {
    expect(await story(ensemble, waitForResult)).toBe("42");
  });
});

describe("a result that is written while the client has no connection", () => {
  test("is told when it is connected again: the client sets its watches anew", async ({
    ensemble,
  }) => {
    const { waiting, client, clients } = await beginWaiting(ensemble, waitForResult);
    await isWatched(ensemble);

    const away = await ensemble.network.refuse({ to: 1, channel: "client" });
    const lost = once(client, "disconnected");
    await ensemble.network.reset({ from: "clients", to: 1 });
    await lost;
    await write(ensemble, "done 42");
    await away.undo();

    expect(await waiting).toBe("42");
    expect(clients).toHaveLength(1); // in the same session
  });
});

describe("a result that is written after the session has expired", () => {
  async function story(ensemble, wait) {
    const { waiting, client, clients } = await beginWaiting(ensemble, wait);
    await isWatched(ensemble);
    const told = once(client, "expired");
    await ensemble.sessions.expire(client.getSessionId().readBigInt64BE());
    await told;
    await write(ensemble, "done 42");
    const witness = await open(ensemble.peer(1).address);
    const end = await outcome(waiting, witness);
    witness.close();
    return { end, sessions: clients.length };
  }

  test("is missed by who waits for the watch of a session that is no more", async ({
    ensemble,
  }) => {
    expect(await story(ensemble, trustTheSession)).toEqual({ end: "still waiting", sessions: 1 });
  });

  test("is found in a new session", async ({ ensemble }) => {
    const { waiting, clients } = await beginWaiting(ensemble, waitForResult);
    await isWatched(ensemble);
    await ensemble.sessions.expire(clients[0].getSessionId().readBigInt64BE());
    await write(ensemble, "done 42");
    expect(await waiting).toBe("42");
    expect(clients).toHaveLength(2);
  });
});
