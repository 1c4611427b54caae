import { EventEmitter, once } from "node:events";
import { describe, expect } from "vitest";
import { test } from "zookeeper-memory-server/vitest";
import { follow, followNaively } from "../src/follow.js";
import { ask, open } from "../src/zookeeper.js";

const path = "/config";

/** One of our processes: what it was configured with, in order. It emits each version when it has it. */
class Instance extends EventEmitter {
  clients = [];
  seen = [];

  constructor(connectString, followBy = follow) {
    super();
    const connect = async () => {
      this.clients.push(await open(connectString));
      return this.clients.at(-1);
    };
    followBy(connect, path, (text, version) => {
      this.seen.push(text);
      this.emit(`version ${version}`);
    });
  }

  get session() {
    return this.clients.at(-1).getSessionId().readBigInt64BE();
  }

  async close() {
    for (const client of this.clients) client.close();
  }
}

/** Resolves when the change has come to every peer. */
async function change(ensemble, text) {
  await ensemble.seedTree({ config: text });
  await ensemble.waitForConverged();
}

describe("a change between two requests", () => {
  async function story(ensemble, followBy) {
    await change(ensemble, "red");
    const instance = new Instance(ensemble.peer(1).address, followBy);
    await once(instance, "version 0");
    await ensemble.waitFor("its watch", async () => (await ensemble.peer(1).status()).watches > 0);

    const requests = await ensemble.network.hold(
      { from: "clients", to: 1 },
      { type: "CLIENT_REQUEST", path },
    );
    const told = once(instance, "version 1");
    await change(ensemble, "green");
    await ensemble.waitFor("its look", async () => (await requests.queued()).length > 0);
    await requests.release();
    await told;
    await change(ensemble, "blue"); // whatever it asks next comes too late
    await requests.undo();

    for (let answers = 0; answers < 3; answers += 1) {
      await ask((done) => instance.clients[0].exists("/", done)); // events come ahead of answers
    }
    instance.close();
    return instance.seen;
  }

  test("is missed, and with it the last version, by who reads first and then watches", async ({
    ensemble,
  }) => {
    expect(await story(ensemble, followNaively)).toEqual(["red", "green"]);
  });

  test("is seen by who reads and watches at once", async ({ ensemble }) => {
    expect(await story(ensemble, follow)).toEqual(["red", "green", "blue"]);
  });
});

test("changes in quick succession come as one: the last", async ({ ensemble }) => {
  await change(ensemble, "red");
  const instance = new Instance(ensemble.peer(1).address);
  await once(instance, "version 0");

  const requests = await ensemble.network.hold(
    { from: "clients", to: 1 },
    { type: "CLIENT_REQUEST", path },
  );
  const last = once(instance, "version 3");
  for (const text of ["orange", "green", "blue"]) await change(ensemble, text);
  await requests.undo();
  await last;

  expect(instance.seen).toEqual(["red", "blue"]);
  instance.close();
});

test("a change while an instance has no connection is there when it has one again", async ({
  ensemble,
}) => {
  await change(ensemble, "red");
  const instance = new Instance(ensemble.peer(1).address);
  await once(instance, "version 0");

  const away = await ensemble.network.refuse({ to: 1, channel: "client" });
  const lost = once(instance.clients[0], "disconnected");
  await ensemble.network.reset({ from: "clients", to: 1 });
  await lost;
  await change(ensemble, "blue");
  const last = once(instance, "version 1");
  await away.undo();
  await last;

  expect(instance.seen).toEqual(["red", "blue"]);
  expect(instance.clients).toHaveLength(1); // in the same session
  instance.close();
});

test("every instance comes to the last version, through a lost leader, a lost connection and a lost session", async ({
  ensemble,
}) => {
  await ensemble.seedTree({ config: "0" });
  const instances = Array.from({ length: 5 }, () => new Instance(ensemble.connectString));
  await Promise.all(instances.map((instance) => once(instance, "version 0")));
  const last = Promise.all(instances.map((instance) => once(instance, "version 20")));

  for (let version = 1; version <= 20; version += 1) {
    if (version === 5) await ensemble.sessions.disconnect(instances[0].session);
    if (version === 10) await ensemble.killLeader();
    if (version === 15) await ensemble.sessions.expire(instances[1].session);
    await ensemble.seedTree({ config: String(version) });
  }
  await last;

  expect(instances.map(({ seen }) => seen.at(-1))).toEqual(Array(5).fill("20"));
  expect(instances.map(({ clients }) => clients.length)).toEqual([1, 2, 1, 1, 1]);
  for (const instance of instances) instance.close();
});
