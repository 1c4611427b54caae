import { once } from "node:events";
import { describe, expect } from "vitest";
import { test } from "zookeeper-memory-server/vitest";
import { readApart, readTogether, setApart, setTogether } from "../src/address.js";
import { open } from "../src/zookeeper.js";

const before = { host: "old.example", port: "1000" };
const after = { host: "new.example", port: "2000" };

describe("a writer that dies before a request of its has arrived", () => {
  async function story(ensemble, { set, request }) {
    await ensemble.seedTree({ config: before });
    const writer = await open(ensemble.peer(1).address);
    const requests = await ensemble.network.hold(
      { from: "clients", to: 1 },
      { type: "CLIENT_REQUEST", nth: request },
    );
    const died = once(writer, "expired");
    set(writer, after).catch(() => {}); // nobody is there any more to be told
    await ensemble.waitFor("its request", async () => (await requests.queued()).length > 0);
    await ensemble.sessions.expire(writer.getSessionId().readBigInt64BE());
    await died;
    await requests.undo();
    return ensemble.dump("/config");
  }

  test("leaves half of a change that is two requests", async ({ ensemble }) => {
    const left = await story(ensemble, { set: setApart, request: 2 });
    expect(left).toEqual({ host: after.host, port: before.port });
  });

  test("leaves all as it was if the change is one transaction", async ({ ensemble }) => {
    expect(await story(ensemble, { set: setTogether, request: 1 })).toEqual(before);
  });
});

test("a transaction whose answer is lost with ZooKeeper's leader is carried out whole", async ({
  ensemble,
}) => {
  await ensemble.seedTree({ config: before });
  const writer = await open((await ensemble.leader()).address);
  await ensemble.network.on({ type: "COMMIT", from: "leader" }, "crash-sender");
  await expect(setTogether(writer, after)).rejects.toThrow("CONNECTION_LOSS");
  await ensemble.waitForQuorum();
  expect(await ensemble.dump("/config")).toEqual(after);
  writer.close();
});

describe("a whole change between a reader's two requests", () => {
  async function story(ensemble, read) {
    await ensemble.seedTree({ config: before });
    const [reader, writer] = [
      await open(ensemble.peer(1).address),
      await open(ensemble.peer(2).address),
    ];
    await setTogether(writer, before);
    await ensemble.waitForConverged();
    const requests = await ensemble.network.hold(
      { from: "clients", to: 1 },
      { type: "CLIENT_REQUEST", path: "/config/port" },
    );
    const address = read(reader);
    await ensemble.waitFor("the second request", async () => (await requests.queued()).length > 0);
    await setTogether(writer, after);
    await ensemble.waitForConverged();
    await requests.undo();
    const got = await address;
    reader.close();
    writer.close();
    return got;
  }

  test("gives half of each to who just reads both", async ({ ensemble }) => {
    expect(await story(ensemble, readApart)).toEqual({ host: before.host, port: after.port });
  });

  test("is noticed by who compares their mzxids", async ({ ensemble }) => {
    expect(await story(ensemble, readTogether)).toEqual(after);
  });
});
