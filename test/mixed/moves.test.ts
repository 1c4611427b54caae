// Clients and leaderships that go from one kind of server to the other, observers of both, and one of ours that moves.
import { describe, expect, test } from "vitest";
import { freePorts } from "../../src/apache/free-ports.ts";
import { connect, type WatchEvent } from "../../src/client/index.ts";
import { Load } from "./load.ts";
import { host, MixedEnsemble } from "./mixed-ensemble.ts";
import { expectSameFiles, expectSameOnAll } from "./same-everywhere.ts";
import type { Kind, Server } from "./server.ts";

describe("a session", () => {
  test("moves from one kind to the other and back, with its ephemeral node and its watches", async () => {
    const kinds: Kind[] = ["ours", "apache", "ours"];
    await using ensemble = await MixedEnsemble.start({ kinds, leader: 3 });
    const [ours, apache, third] = [1, 2, 3].map((sid) => ensemble.server(sid)) as [
      Server,
      Server,
      Server,
    ];
    await using other = await connect(third.connectString);
    for (const path of ["/data", "/parent", "/recursive"]) await other.create(path, "0");
    // Only one of the two runs when the session begins.
    await apache.kill();
    const both = `${ours.connectString},${apache.connectString}`;
    await using client = await connect(both, { sessionTimeout: 60_000 });
    const session = client.sessionId;
    await client.create("/alive", "", { mode: "ephemeral" });
    await apache.start();
    await ensemble.untilAllServe();
    const moves = [
      [ours, apache],
      [apache, ours],
      [ours, apache],
    ] as const;
    for (const [index, [from, to]] of moves.entries()) {
      const events: string[] = [];
      const watch = ({ type, path }: WatchEvent): void => void events.push(`${type} ${path}`);
      await client.get("/data", { watch });
      await client.exists(`/absent-${index}`, { watch });
      await client.children("/parent", { watch });
      await client.exists("/quiet", { watch });
      const lasting = await client.addWatch("/recursive", "persistentRecursive", watch);
      await from.kill();
      await other.set("/data", String(index));
      await other.create(`/absent-${index}`);
      await other.create(`/parent/${index}`);
      await client.sync("/"); // is answered by the other one, behind the watches
      expect((await to.survey()).connections).toBeGreaterThan(0);
      expect(client.sessionId).toBe(session);
      expect((await client.exists("/alive"))?.ephemeralOwner).toBe(session);
      await other.create(`/recursive/${index}`);
      await client.sync("/");
      expect(events.sort()).toEqual([
        "childrenChanged /parent",
        `created /absent-${index}`,
        `created /recursive/${index}`,
        "dataChanged /data",
      ]);
      await lasting[Symbol.asyncDispose]();
      await client.removeWatches("/quiet");
      await from.start();
      await ensemble.untilAllServe();
    }
    const tree = await expectSameOnAll(ensemble);
    expect(tree.has("/alive")).toBe(true);
  });
});

describe("three of ours and two of Apache's, an observer of each kind among them", () => {
  test("either kind leads under load, observers of both follow, no write is lost", async () => {
    const kinds: Kind[] = ["ours", "apache", "ours", "apache", "ours"];
    await using ensemble = await MixedEnsemble.start({ kinds, observers: 2, leader: 3 });
    await using load = await Load.begin(ensemble.connectString, 3);
    const progress = async (): Promise<void> => {
      const from = load.progress;
      await ensemble.until("every writer has written", () =>
        load.progress.every((count, index) => count > (from[index] ?? 0) + 5),
      );
    };
    const led = new Set<Kind>();
    const roles = await Promise.all([4, 5].map((sid) => ensemble.server(sid).survey()));
    expect(roles.map(({ role }) => role)).toEqual(["observer", "observer"]);
    // The leader goes, and the observers in turn; the two voters left make the next leader, whoever has logged most.
    for (let turn = 0; turn < 2 || led.size < 2; turn += 1) {
      const sid = turn % 2 === 0 ? 4 : 5;
      await progress();
      const leader = await ensemble.untilAllServe();
      led.add(leader.kind);
      await Promise.all([leader.kill(), ensemble.server(sid).kill()]);
      await ensemble.untilAllServe();
      await progress();
      await Promise.all([leader.start(), ensemble.server(sid).start()]);
      await ensemble.untilAllServe();
    }
    await load.pause();
    for (const { connectString } of ensemble.servers) {
      expect(await load.faultsOn(connectString)).toEqual([]);
    }
    await expectSameOnAll(ensemble);
    await ensemble.stop();
    await expectSameFiles(ensemble);
  });
});

test("one of ours that leads two of Apache's moves to other ports: it hands over, and is found there when it leads again", async () => {
  const kinds: Kind[] = ["apache", "apache", "ours"];
  await using ensemble = await MixedEnsemble.start({ kinds, leader: 3, reconfig: true });
  const ours = ensemble.server(3);
  const [client = 0, quorum = 0, election = 0] = await freePorts(3);
  await using before = await connect(ours.connectString); // until it hands over
  await before.create("/before");
  await before.reconfig({
    joining: [`server.3=${host}:${quorum}:${election}:participant;${host}:${client}`],
  });
  ours.address = { host, port: client };
  await ensemble.until("one of Apache's leads", async () => {
    return (await ensemble.leader())?.kind === "apache";
  });
  const heir = await ensemble.untilAllServe();

  await heir.kill();
  await ensemble.untilLed(3);
  await using after = await connect(ours.connectString);
  await after.create("/after");
  await heir.start();
  await ensemble.untilAllServe();
  const tree = await expectSameOnAll(ensemble);
  expect([tree.has("/before"), tree.has("/after")]).toEqual([true, true]);
});
