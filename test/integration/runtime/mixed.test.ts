// Our peers in one quorum with an Apache ZooKeeper server; nothing is run where none is installed.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { freePorts } from "../../../src/apache/free-ports.ts";
import { findInstallation, type Installation } from "../../../src/apache/installation.ts";
import { LastWill } from "../../../src/apache/last-will.ts";
import { ServerProcess } from "../../../src/apache/server-process.ts";
import { sidOf } from "../../../src/core/base/ids.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import { openAcl } from "../../../src/core/tree/acl.ts";
import { RawClient } from "./raw-client.ts";
import { TestWorld } from "./world-of.ts";

const installation = ((): Installation | undefined => {
  try {
    return findInstallation();
  } catch {
    return undefined;
  }
})();

const create = (client: RawClient, path: string) =>
  client.request(OpCode.create, { path, data: new Uint8Array(8), acl: openAcl, flags: 0 });
const exists = (client: RawClient, path: string) =>
  client.request(OpCode.exists, { path, watch: false });

interface Mixed extends AsyncDisposable {
  readonly world: TestWorld;
  readonly apache: ServerProcess;
  /** The sids of our two peers. */
  readonly ours: readonly [number, number];
  client(sid: number): Promise<RawClient>;
  /** A client of Apache's server. */
  apacheClient(): Promise<RawClient>;
}

/** Peers 1 to 3, of which one is Apache's; it runs, ours are to be started. */
async function setUp(apacheSid: number): Promise<Mixed> {
  if (installation === undefined) throw new Error("no Apache ZooKeeper");
  const [clientPort = 0, quorumPort = 0, electionPort = 0] = await freePorts(3);
  const [first = 0, second = 0] = [1, 2, 3].filter((sid) => sid !== apacheSid);
  const outside = { sid: sidOf(apacheSid), host: "127.0.0.1", quorumPort, electionPort };
  const world = await TestWorld.beside([outside], [first, second]);
  const members: Record<string, string> = {
    [`server.${apacheSid}`]: `127.0.0.1:${quorumPort}:${electionPort}`,
  };
  for (const { sid, ports } of world.hosts) {
    members[`server.${sid}`] = `127.0.0.1:${ports.quorum}:${ports.election}`;
  }
  const dir = await mkdtemp(join(tmpdir(), "zkms-mixed-"));
  const will = new LastWill(dir);
  const plan = {
    dir,
    host: "127.0.0.1",
    myid: apacheSid,
    clientPort,
    settings: {
      tickTime: 100,
      initLimit: 50,
      syncLimit: 20,
      clientPort,
      clientPortAddress: "127.0.0.1",
      "admin.enableServer": false,
      "4lw.commands.whitelist": "*",
      ...members,
    },
    properties: { "zookeeper.extendedTypesEnabled": true },
  };
  const apache = new ServerProcess(installation, plan, will);
  await apache.start();
  return {
    world,
    apache,
    ours: [first, second],
    client: (sid) => RawClient.open(world.host(sid).ports.client),
    apacheClient: async () => {
      await apache.serving(15_000);
      return RawClient.open(clientPort);
    },
    [Symbol.asyncDispose]: async () => {
      await apache.kill();
      await world[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
      await will.revoke();
    },
  };
}

describe.runIf(installation !== undefined)("beside an Apache server", () => {
  test("that is the smallest, one of ours leads it, and the next one when that is killed", async () => {
    await using mixed = await setUp(1);
    const { world } = mixed;
    await world.start(2); // one of ours and Apache's are a quorum
    await world.until(() => world.host(2).peer?.serving === true);
    expect(world.host(2).peer?.role).toBe("leading");
    using ours = await mixed.client(2);
    using theirs = await mixed.apacheClient();
    expect([(await create(ours, "/ours")).err, (await create(theirs, "/theirs")).err]).toEqual([
      0, 0,
    ]);
    expect((await exists(ours, "/theirs")).err).toBe(0);
    await world.start(3);
    await world.until(() => world.host(3).peer?.serving === true);
    world.host(2).kill();
    await world.until(() => world.host(3).peer?.leading?.serving === true);
    using other = await mixed.client(3);
    expect((await exists(other, "/theirs")).err).toBe(0);
    using again = await mixed.apacheClient();
    expect((await create(again, "/after")).err).toBe(0);
  });

  test("that is the largest, ours follow it, come back to it, and take over when it is killed", async () => {
    await using mixed = await setUp(3);
    const { world } = mixed;
    await world.start(1);
    await world.until(() => world.host(1).peer?.serving === true);
    expect(world.host(1).peer?.role).toBe("following");
    await world.start(2); // empty: it gets Apache's snapshot or its history
    await world.until(() => world.host(2).peer?.serving === true);
    using theirs = await mixed.apacheClient();
    expect((await create(theirs, "/theirs")).err).toBe(0);
    world.host(1).kill();
    expect((await create(theirs, "/meanwhile")).err).toBe(0);
    await world.start(1);
    await world.until(() => world.host(1).peer?.serving === true);
    using ours = await mixed.client(1);
    expect((await exists(ours, "/meanwhile")).err).toBe(0);
    for (let i = 0; i < 200; i += 1) {
      ours.send(OpCode.setData, { path: "/theirs", data: new Uint8Array(100), version: i });
    }
    for (let i = 0; i < 200; i += 1) expect((await ours.reply()).err).toBe(0);
    await mixed.apache.kill();
    await world.until(() => world.leader !== undefined);
    using survivor = await mixed.client(2);
    expect((await create(survivor, "/alone")).err).toBe(0);
  });

  test("that is empty gets a snapshot of ours while it changes, and has all of it", async () => {
    await using mixed = await setUp(1);
    const { world, apache } = mixed;
    await apache.kill();
    await world.start(2);
    await world.start(3);
    await world.until(() => world.leader !== undefined);
    using ours = await mixed.client(world.leader?.sid ?? 3);
    const count = 600; // more than a leader keeps to send one by one
    for (let i = 0; i < count; i += 1) {
      const path = `/n${i}`;
      ours.send(OpCode.create, { path, data: new Uint8Array(1000), acl: openAcl, flags: 0 });
    }
    for (let i = 0; i < count; i += 1) expect((await ours.reply()).err).toBe(0);
    await apache.start();
    let last = count;
    let hasJoined = false;
    const writing = (async () => {
      for (; !hasJoined; last += 1) expect((await create(ours, `/n${last}`)).err).toBe(0);
    })();
    using theirs = await mixed.apacheClient();
    hasJoined = true;
    await writing;
    expect((await create(theirs, "/after")).err).toBe(0); // and it has all that was before
    for (const path of ["/n0", `/n${count - 1}`, `/n${count}`, `/n${last - 1}`]) {
      expect([path, (await exists(theirs, path)).err]).toEqual([path, 0]);
    }
  });
});
