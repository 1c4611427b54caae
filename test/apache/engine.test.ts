// The same verbs on both engines: what a test does with our peers it can do with Apache's.
import { describe, expect, test } from "vitest";
import { apache } from "../../src/apache/index.ts";
import { check, History } from "../../src/check/index.ts";
import { connectEnsemble, type Peer, startEnsemble } from "../../src/index.ts";
import { engines, onApache } from "./engines.ts";
import { processesOf } from "./processes.ts";

/** What a peer that serves nobody says to some words, and its AdminServer to some commands. */
async function spoken(peer: Peer): Promise<readonly string[]> {
  const said: string[] = [];
  for (const word of ["ruok", "isro", "srvr", "mntr", "conf", "crst", "hash", "gtmk"]) {
    said.push(await peer.fourLetterWord(word));
  }
  for (const command of ["stats", "ruok", "zabstate"]) {
    const response = await fetch(`http://${peer.host}:${peer.ports.admin}/commands/${command}`);
    said.push(JSON.stringify(await response.json()));
  }
  return said;
}
const notServing = "This ZooKeeper instance is not currently serving requests";
const spokenWhileLooking = [
  "imok",
  "null",
  ...Array.from({ length: 4 }, () => `${notServing}\n`),
  notServing,
  "306",
  JSON.stringify({ command: "stats", error: notServing }),
  JSON.stringify({ command: "ruok", error: notServing }),
  JSON.stringify({ voting: false, zabstate: "", command: "zabstate", error: null }),
];

describe.each(engines)("%s", (engine, options) => {
  test("three peers serve one tree, elect anew when the leader is killed, and take it back", async () => {
    await using ensemble = await startEnsemble(3, options);
    expect(ensemble.engine).toBe(engine);
    const history = new History();
    await using client = history.record(await ensemble.connect());
    await using other = history.record(await ensemble.connect());
    await client.create("/a", "1");
    await other.sync("/a");
    await ensemble.waitForConverged(); // Apache's leader answers a sync before it has applied what a follower has
    await other.get("/a", { watch: () => {} });
    const { killed, leader } = await ensemble.killLeader();
    expect(await killed.role()).toBe("crashed");
    expect(leader?.id).not.toBe(killed.id);
    await client.set("/a", "2");
    await killed.start();
    await ensemble.waitForConverged();
    expect(await killed.role()).toBe("follower");
    expect(await ensemble.dump()).toEqual({ a: "2" });

    await other.set("/a", "3", { version: 1 });
    await expect(client.set("/a", "4", { version: 1 })).rejects.toMatchObject({
      code: "BADVERSION",
    });
    await Promise.all([client.close(), other.close()]);
    const by = ensemble.supports("transactions") ? "log" : "replies";
    expect(await check(history, ensemble)).toMatchObject({ violations: [], by, ok: true });
    const forged = history.toLines().replaceAll('"version":2,', '"version":7,');
    const found = await check(History.parse(forged), ensemble);
    expect(found.violations.map(({ rule }) => rule)).toContain(
      by === "log" ? "reply-differs" : "lost-update",
    );
  });

  test("without a quorum nobody leads, and with one again somebody does", async () => {
    await using ensemble = await startEnsemble(3, { ...options, admin: true, control: true });
    const { controlUrl = "", controlToken: token = "" } = ensemble;
    await using remote = await connectEnsemble(controlUrl, { token });
    expect(remote.engine).toBe(engine);
    const alone = await ensemble.leader();
    await remote.kill("followers");
    await ensemble.waitForNoLeader();
    expect(await spoken(alone)).toEqual(spokenWhileLooking);
    const waiting = ensemble.waitForLeader({ timeout: 1 });
    await expect(waiting).rejects.toMatchObject({ code: "ZKMS_WAIT_TIMEOUT" });
    await ensemble.start();
    await ensemble.waitForQuorum();
    expect((await ensemble.status()).quorum).toBe(true);
  });

  test("a stopped and a restarted peer keep what was written, a wiped one gets it again", async () => {
    await using ensemble = await startEnsemble(3, options);
    await ensemble.seedTree({ a: { b: "1" }, c: "" });
    await ensemble.restart();
    const [follower] = await ensemble.followers();
    await follower?.restart({ wipe: true });
    await ensemble.waitForConverged();
    expect(await ensemble.dump()).toEqual({ a: { b: "1" }, c: "" });
  });

  test("a start waits for a stop under way, and of two kills at once each finds somebody or is refused", async () => {
    await using ensemble = await startEnsemble(3, options);
    const [follower] = await ensemble.followers();
    const stopping = follower?.stop();
    await ensemble.reset();
    await stopping;
    expect(await follower?.role()).toBe("follower");
    const { id } = await ensemble.leader();
    const kills = [ensemble.kill("leader"), ensemble.kill("leader")];
    const [first, second] = await Promise.allSettled(kills);
    expect(first).toMatchObject({ value: [{ id }] });
    if (second?.status === "rejected")
      expect(second.reason).toMatchObject({ code: "ZKMS_BAD_STATE" });
    else expect(second?.value).toEqual([expect.not.objectContaining({ id })]);
  });

  test("a paused peer answers nothing, and a resumed one catches up", async () => {
    await using ensemble = await startEnsemble(3, options);
    const [follower] = await ensemble.followers();
    await follower?.pause();
    expect(await follower?.role()).toBe("paused");
    await ensemble.seedTree({ meanwhile: "1" });
    await follower?.resume();
    await ensemble.waitForConverged();
    expect(await follower?.role()).toBe("follower");
  });

  test("a session that is expired takes its ephemerals along", async () => {
    await using ensemble = await startEnsemble(1, options);
    const owner = await ensemble.connect();
    await owner.create("/e", "", { mode: "ephemeral" });
    const session = await ensemble.sessions.get("/e");
    expect(session).toMatchObject({ id: owner.sessionId, connected: true, ephemerals: ["/e"] });
    const expired = new Promise<void>((resolve) => {
      owner.onState((state) => state === "expired" && resolve());
    });
    await ensemble.sessions.expire(owner.sessionId);
    await ensemble.waitForSessionGone(owner.sessionId);
    await expired;
    expect(await ensemble.dump()).toEqual({});
  });

  test("what names no session is refused, and what names none that is there", async () => {
    await using ensemble = await startEnsemble(1, options);
    await using client = await ensemble.connect();
    const nonsense = { code: "ZKMS_BAD_OPTIONS" };
    await expect(ensemble.sessions.expire("nonsense")).rejects.toMatchObject(nonsense);
    await expect(ensemble.waitForSessionGone("nonsense")).rejects.toMatchObject(nonsense);
    await expect(ensemble.sessions.get({} as never)).rejects.toMatchObject(nonsense);
    const absent = { code: "ZKMS_NO_SUCH_SESSION" };
    await expect(ensemble.sessions.expire("/nobody")).rejects.toMatchObject(absent);
    await expect(ensemble.sessions.expire(0x123n)).rejects.toThrow(client.sessionId.toString(16));
  });

  test("a session is not expired while no quorum can agree on it", async () => {
    const timeouts = { ...options.timeouts, wait: 8000 };
    const quick = { tickTime: 100, syncLimit: 50, timeouts };
    await using ensemble = await startEnsemble(3, { ...options, ...quick });
    const leader = await ensemble.leader();
    const owner = await ensemble.connect({ to: leader.id, sessionTimeout: 30_000 });
    await owner.create("/e", "", { mode: "ephemeral" });
    const followers = await ensemble.followers();
    for (const follower of followers) await follower.pause();
    const expiring = ensemble.sessions.expire(owner.sessionId);
    await expect(expiring).rejects.toMatchObject({ code: "ZKMS_WAIT_TIMEOUT" });
    for (const follower of followers) await follower.resume();
    await ensemble.waitForQuorum({ timeout: 60_000 });
    await ensemble.waitForSessionGone(owner.sessionId, { timeout: 60_000 });
    await owner.close();
  });

  test("a session whose connection is cut lives on", async () => {
    await using ensemble = await startEnsemble(1, options);
    await using client = await ensemble.connect();
    await client.create("/e", "", { mode: "ephemeral" });
    const again = new Promise<void>((resolve) => {
      client.onState((state) => state === "connected" && resolve());
    });
    await ensemble.sessions.disconnect(client.sessionId);
    await again;
    expect(await client.exists("/e")).toMatchObject({ ephemeralOwner: client.sessionId });
  });

  test("reset leaves a clean slate, and a namespace one of its own", async () => {
    await using ensemble = await startEnsemble(1, options);
    await using space = await ensemble.namespace("one");
    await space.seedTree({ a: "1" });
    expect(await space.dump()).toEqual({ a: "1" });
    await ensemble.reset();
    expect(await ensemble.dump()).toEqual({});
  });

  test("no start comes between an end and a wipe", async () => {
    await using ensemble = await startEnsemble(1, options);
    await ensemble.seedTree({ a: "1" });
    await Promise.all([ensemble.peer(1).restart({ wipe: true }), ensemble.start()]);
    expect(await ensemble.dump()).toEqual({});
    await ensemble.seedTree({ b: "2" });
    await Promise.all([ensemble.peer(1).restart({ crash: true, wipe: true }), ensemble.start()]);
    expect(await ensemble.dump()).toEqual({});
  });

  test("observers follow without a vote", async () => {
    await using ensemble = await startEnsemble({ ...options, peers: 3, observers: 1 });
    const [observer] = await ensemble.observers();
    expect(observer).toMatchObject({ id: 4, type: "observer" });
    await using client = await ensemble.connect({ to: 4 });
    await client.create("/through-an-observer");
    expect(await ensemble.peer(4).fourLetterWord("srvr")).toMatch(/^Mode: observer$/m);
    const leader = await ensemble.leader();
    expect(await leader.fourLetterWord("mntr")).toMatch(/^zk_synced_observers\t1$/m);
    await ensemble.waitForConverged();
    expect(await ensemble.dump()).toEqual({ "through-an-observer": "" });
  });

  test("keys of zoo.cfg take effect", async () => {
    const config = { enforceQuota: true };
    await using ensemble = await startEnsemble({ ...options, peers: 1, config });
    await using client = await ensemble.connect();
    await client.create("/q");
    const folder = "/zookeeper/quota/q";
    await client.create(
      `${folder}/zookeeper_limits`,
      "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=1",
      {
        parents: true,
      },
    );
    await client.create(`${folder}/zookeeper_stats`);
    await expect(client.create("/q/a")).rejects.toMatchObject({ code: "QUOTAEXCEEDED" });
  });
});

test("a server that somebody else freezes leads nobody, and one that dies in its pause can be started", async () => {
  await using ensemble = await startEnsemble(1, onApache);
  const peer = ensemble.peer(1);
  const [server] = processesOf(peer.dataDir ?? "");
  const signal = (name: NodeJS.Signals): boolean => process.kill(server?.pid ?? Number.NaN, name);
  signal("SIGSTOP");
  expect(await ensemble.status()).toMatchObject({ leader: 1, quorum: false });
  await expect(ensemble.leader({ timeout: 1 })).rejects.toThrow("1 leads, and does not answer");
  signal("SIGCONT");
  expect(await ensemble.leader()).toBe(peer);

  await peer.pause();
  signal("SIGKILL");
  await peer.waitForRole("crashed");
  await peer.start();
  const stopping = peer.stop();
  await expect(peer.pause()).rejects.toThrow("peer 1 cannot pause: it is being started or ended");
  await stopping;
  expect(await peer.role()).toBe("stopped");
  await peer.start();
});

test("what processes cannot do is refused by name", async () => {
  await using ensemble = await startEnsemble({ peers: 1, engine: apache() });
  const features = ["clock", "storage-faults", "session-control", "message-match"] as const;
  expect(features.filter((feature) => ensemble.supports(feature))).toEqual(["session-control"]);
  const refused = { code: "ZKMS_UNSUPPORTED" };
  await expect(ensemble.clock.advance(1)).rejects.toMatchObject(refused);
  await expect(ensemble.network.hold({ to: 1 }, { type: "PING" })).rejects.toMatchObject(refused);
  await expect(ensemble.network.on({ type: "PING" }, "reset")).rejects.toMatchObject(refused);
  await expect(ensemble.storage.files(1)).rejects.toMatchObject(refused);
  await expect(ensemble.transactions()).rejects.toMatchObject(refused);
  await expect(ensemble.connect({ tls: true })).rejects.toThrow(/try +engine: "embedded"/);
  await expect(startEnsemble({ engine: apache(), clock: "manual" })).rejects.toMatchObject(refused);
});
