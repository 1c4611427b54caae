// The small client while peers come and go under it.
import { describe, expect, test } from "vitest";
import type { ClientState, WatchEvent } from "../../src/client/types.ts";
import { startEnsemble } from "../../src/index.ts";
import { brief, reached, recorder } from "./client-server.ts";

/** Asks again when the connection broke under the question: an election ends the connections of those who take part. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if ((error as { code: string }).code !== "CONNECTIONLOSS") throw error;
    }
  }
}

describe("a client whose peer is killed", () => {
  test("goes on at another one: session, ephemerals, credentials, watches of every kind", async () => {
    await using ens = await startEnsemble(3);
    const leader = await ens.leader();
    const writer = await ens.connect({ to: "followers" });
    await writer.create("/a/b", "", { parents: true });
    const zk = await ens.connect({ auth: [{ scheme: "digest", auth: "bob:secret" }] });
    const events = recorder<string>();
    const states = recorder<ClientState>();
    zk.onState(states.record);
    const watch = (event: WatchEvent): void => events.record(brief(event));
    const { sessionId } = zk;
    await zk.create("/mine", "", {
      mode: "ephemeral",
      acl: [{ scheme: "auth", id: "", perms: 31 }],
    });
    await zk.get("/a", { watch });
    await zk.children("/a", { watch });
    await zk.exists("/none", { watch });
    await zk.addWatch("/a", "persistent", watch);
    await zk.addWatch("/a/b", "persistentRecursive", watch);
    const session = await ens.sessions.get(sessionId);
    await ens.peer(session?.peer ?? leader.id).kill();
    const { stat } = await patiently(() => zk.get("/mine"));
    expect(stat.ephemeralOwner).toBe(sessionId);
    expect([states.seen[0], states.seen.at(-1)]).toEqual(["disconnected", "connected"]);
    await zk.set("/a", "1");
    await zk.create("/none");
    await zk.create("/a/c");
    await zk.set("/a/b", "1");
    expect(events.seen).toEqual([
      "dataChanged /a",
      "created /none",
      "childrenChanged /a",
      "dataChanged /a/b",
    ]);
  });

  test("knows nothing of writes that were under way, and does each of the later ones once", async () => {
    await using ens = await startEnsemble(3);
    const zk = await ens.connect();
    await zk.create("/q");
    const asked = Array.from({ length: 40 }, () =>
      zk.create("/q/n-", "", { mode: "persistentSequential" }).then(
        (path) => path,
        (error) => error.code as string,
      ),
    );
    const { killed } = await ens.killLeader();
    const answers = await Promise.all(asked);
    await patiently(() => zk.sync("/q"));
    const { children } = await patiently(() => zk.children("/q"));
    const made = answers.filter((answer) => answer.startsWith("/q/"));
    expect(answers.filter((answer) => answer !== "CONNECTIONLOSS")).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
    const paths = children.map((name) => `/q/${name}`);
    expect(made.filter((path) => !paths.includes(path))).toEqual([]);
    expect((await ens.leader()).id).not.toBe(killed.id);
  });
});

describe("a client on the wrong side of a partition", () => {
  test("is dropped by a peer without a quorum, and carries on at the majority", async () => {
    await using ens = await startEnsemble(3);
    const leader = await ens.leader();
    const zk = await ens.connect();
    await zk.create("/mine", "", { mode: "ephemeral" });
    const { sessionId } = zk;
    const at = (await ens.sessions.get(sessionId))?.peer ?? leader.id;
    const lost = reached(zk, "disconnected");
    await ens.isolate(at, { from: "peers" });
    await ens.clock.advance(10_000);
    await lost;
    await zk.set("/mine", "from the majority");
    expect((await zk.exists("/mine"))?.ephemeralOwner).toBe(sessionId);
    expect((await ens.sessions.get(sessionId))?.peer).not.toBe(at);
    await ens.heal();
  });

  test("that is cut off itself is expired when it comes back too late", async () => {
    await using ens = await startEnsemble(3);
    const zk = await ens.connect({ sessionTimeout: 5_000 });
    const other = await ens.connect();
    const gone = recorder<string>();
    await zk.create("/mine", "", { mode: "ephemeral" });
    await other.sync();
    await other.exists("/mine", { watch: (event) => gone.record(brief(event)) });
    const next = gone.next();
    await ens.sessions.expire(zk.sessionId);
    await next;
    await reached(zk, "expired");
    await expect(zk.get("/")).rejects.toMatchObject({ code: "SESSIONEXPIRED" });
    expect(gone.seen).toEqual(["deleted /mine"]);
  });
});

test("more watches than fit one request are taken along", async () => {
  await using ens = await startEnsemble(1, { juteMaxBuffer: 300_000 });
  const zk = await ens.connect();
  const told: string[] = [];
  // 400 paths of a thousand characters: far more than the server takes in one frame.
  const paths = Array.from({ length: 400 }, (_, index) => `/${String(index).padStart(1000, "x")}`);
  await Promise.all(
    paths.map((path) => zk.exists(path, { watch: (event) => told.push(event.path) })),
  );
  const lost = reached(zk, "disconnected");
  await ens.peers[0]?.dropConnections();
  await lost;
  await reached(zk, "connected");
  for (const path of [paths[0], paths[399]]) await zk.create(path ?? "");
  expect(told).toEqual([paths[0], paths[399]]);
});
