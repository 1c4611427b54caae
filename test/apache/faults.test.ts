// Faults on links and connections mean the same on both engines.
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { engines } from "./engines.ts";

/** Apache's servers notice after `syncLimit` ticks that they hear nothing; fewer, and a busy machine brings elections of its own. */
const quick = { tickTime: 100, syncLimit: 50 };

/** What a plain connection to a peer's client port brings before it ends. */
async function call(ensemble: Ensemble, text: string): Promise<string> {
  const { port } = ensemble.peer(1);
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes;
  });
  socket.on("error", (error) => {
    answer = "code" in error ? String(error.code) : error.message;
  });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.end(text);
  await closed;
  return answer;
}

describe.each(engines)("%s", (engine, options) => {
  test("a leader cut off is replaced, and follows when the partition ends", async () => {
    await using ensemble = await startEnsemble(3, { ...options, ...quick });
    const old = await ensemble.leader();
    const partition = await ensemble.partition("leader");
    const others = [1, 2, 3].filter((id) => id !== old.id);
    const label = `partition ${old.id} | ${others.join(",")}`;
    expect((await ensemble.status()).faults).toEqual([`#1 ${label}`]);
    const leader = await ensemble.waitForLeader({ not: old.id });
    await old.waitForRole("looking");
    await using client = await ensemble.connect({ to: leader.id });
    await client.create("/meanwhile");
    await partition.undo();
    await old.waitForRole("follower");
    await ensemble.waitForConverged();
    const leaders = (await ensemble.events.history({ type: "leader" })).flatMap((event) =>
      event.type === "leader" && event.peer !== undefined ? [event.peer] : [],
    );
    const since = leaders.slice(leaders.lastIndexOf(old.id));
    expect([since[0], since.at(-1)]).toEqual([old.id, leader.id]);
    await using reader = await ensemble.connect({ to: old.id });
    expect(await reader.exists("/meanwhile")).not.toBeNull();
  });

  test("a partition that leaves no quorum ends with heal", async () => {
    await using ensemble = await startEnsemble(3, { ...options, ...quick });
    await ensemble.partition([1], [2], [3]);
    await ensemble.waitForNoLeader();
    const waiting = ensemble.waitForLeader({ timeout: 1 });
    await expect(waiting).rejects.toThrow(/cut from 1 \(partition #1\)/);
    await ensemble.heal();
    await ensemble.waitForQuorum();
  });

  test("a follower that hears nothing from its leader on the quorum channel looks for another", async () => {
    await using ensemble = await startEnsemble(3, { ...options, ...quick });
    const [leader, [follower]] = [await ensemble.leader(), await ensemble.followers()];
    const to = follower?.id ?? 0;
    const block = await ensemble.network.block({ from: leader.id, to, channel: "quorum" });
    await follower?.waitForRole("looking");
    expect((await ensemble.leader()).id).toBe(leader.id);
    await block.undo();
    await follower?.waitForRole("follower");
  });

  test("what a client says waits while it is isolated, and is answered afterwards", async () => {
    await using ensemble = await startEnsemble(1, options);
    await using client = await ensemble.connect();
    const isolation = await ensemble.isolate(1, { from: "clients" });
    const created = client.create("/late");
    await ensemble.waitForQuorum();
    expect(await ensemble.dump()).toEqual({});
    await isolation.undo();
    expect(await created).toBe("/late");
  });

  test("a link that refuses keeps its connections and takes no more", async () => {
    await using ensemble = await startEnsemble(1, options);
    await using client = await ensemble.connect();
    const refusal = await ensemble.network.refuse({ from: "clients", to: 1 });
    expect(await call(ensemble, "ruok")).toBe("ECONNREFUSED");
    expect(await client.create("/a")).toBe("/a");
    await refusal.undo();
    expect(await call(ensemble, "ruok")).toBe("imok");
  });

  test("a dead peer refuses, and one that is back answers also who has closed his half", async () => {
    await using ensemble = await startEnsemble(1, options);
    await ensemble.kill(1);
    expect(await call(ensemble, "ruok")).toBe("ECONNREFUSED");
    await ensemble.start();
    expect(await call(ensemble, "ruok")).toBe("imok");
  });

  test("a reset breaks the connections of a link, and sessions live on", async () => {
    await using ensemble = await startEnsemble(1, options);
    await using client = await ensemble.connect();
    const { sessionId } = client;
    expect(await ensemble.network.reset({ to: 1, channel: "quorum" })).toBe(0);
    const again = new Promise<void>((resolve) => {
      client.onState((state) => state === "connected" && resolve());
    });
    expect(await ensemble.network.reset({ from: "clients", to: 1 })).toBe(1);
    await again;
    expect(client.sessionId).toBe(sessionId);
  });

  test("bytes that are held go when they are released", async () => {
    await using ensemble = await startEnsemble(1, options);
    await using client = await ensemble.connect();
    using _ = ensemble.events.on("message", () => {});
    await using hold = await ensemble.network.hold({ from: "clients", to: 1 });
    const created = client.create("/held");
    const queued = () => hold.queued();
    await ensemble.waitFor("the request is held", async () => (await queued()).length > 0);
    const type = engine === "apache" ? "BYTES" : "CLIENT_REQUEST";
    expect(await queued()).toEqual([expect.objectContaining({ from: "client", to: 1, type })]);
    await ensemble.waitForQuorum();
    expect(await ensemble.dump()).toEqual({});
    const [sent] = await ensemble.events.history({ type: "message" });
    expect(sent).toMatchObject({ from: "client", to: 1, message: type });
    expect(await hold.release()).toBe(1);
    expect(await created).toBe("/held");
    const told = await ensemble.events.history({ type: "delivery" });
    const ofIt = told.filter((event) => event.type === "delivery" && event.of === sent?.seq);
    expect(ofIt).toMatchObject([{ change: "held" }, { change: "arrived" }]);
  });

  test("latency is on every link from the start, and each way counts", async () => {
    await using ensemble = await startEnsemble(3, { ...options, network: { latency: 30 } });
    expect((await ensemble.status()).faults).toEqual(["#1 shape all links"]);
    await using client = await ensemble.connect({ to: "leader" });
    const startedAt = performance.now();
    await client.create("/a"); // request, PROPOSAL, ACK, reply
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(110);
  });

  test("a connection is reset in its time, and its client told", async () => {
    await using ensemble = await startEnsemble(1, options);
    await using client = await ensemble.connect();
    const lost = new Promise<void>((resolve) => {
      client.onState((state) => state === "disconnected" && resolve());
    });
    await ensemble.network.shape({ from: "clients", to: 1 }, { reset: { after: 1 } });
    await lost;
    await ensemble.heal();
    expect(await client.create("/a")).toBe("/a");
  });

  test("a session is found by its client's port, and frozen until undone", async () => {
    await using ensemble = await startEnsemble(3, options);
    await using client = await ensemble.connect({ to: 2 });
    const session = await ensemble.sessions.get(client.sessionId);
    expect(session).toMatchObject({ peer: 2, connected: true, timeout: expect.any(Number) });
    const remotePort = Number(session?.remote?.split(":").at(-1));
    expect((await ensemble.sessions.get({ remotePort }))?.id).toBe(client.sessionId);
    const freeze = await ensemble.sessions.freeze({ remotePort });
    const created = client.create("/frozen");
    await ensemble.waitForQuorum();
    expect(await ensemble.dump()).toEqual({});
    await freeze.undo();
    expect(await created).toBe("/frozen");
  });

  test("a peer whose connections to the others are dropped comes back", async () => {
    await using ensemble = await startEnsemble(3, options);
    const [follower] = await ensemble.followers();
    expect(await follower?.dropConnections({ peers: true })).toBeGreaterThan(0);
    await follower?.waitForRole("follower");
    await ensemble.waitForConverged();
  });

  test("a plan of random faults runs, and leaves all as it was", async () => {
    await using ensemble = await startEnsemble(3, { ...options, seed: 5 });
    await using client = await ensemble.connect();
    await client.create("/before");
    const kinds = ["kill", "pause", "partition"] as const;
    const plan = await ensemble.nemesis.plan({ kinds, steps: 4, everyMs: 150 });
    const struck: string[] = [];
    await plan.run({ onStep: (step) => struck.push(step.do) });
    expect(struck).toEqual(plan.steps.map((step) => step.do));
    await ensemble.waitForConverged();
    expect(await ensemble.dump()).toEqual({ before: "" });
  });
});
