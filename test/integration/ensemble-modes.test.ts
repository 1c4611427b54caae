// Read-only mode and local sessions, as a test meets them.
import { describe, expect, test } from "vitest";
import { connect } from "../../src/client/index.ts";
import { type Ensemble, type EnsembleOptions, startEnsemble } from "../../src/index.ts";

/** The first of three, after two seconds without a leader. */
async function leftAlone(options: EnsembleOptions = {}): Promise<Ensemble> {
  const ensemble = await startEnsemble(3, { readOnlyMode: true, ...options });
  await ensemble.seedTree({ a: "1" });
  await ensemble.kill([2, 3]);
  await ensemble.peer(1).waitForRole("looking");
  await ensemble.clock.advance(2000);
  await ensemble.peer(1).waitForRole("readonly");
  return ensemble;
}

describe("a peer left alone", () => {
  test.each(["tcp", "memory"] as const)("serves readers (%s)", async (peerLinks) => {
    await using ensemble = await leftAlone({ peerLinks });
    expect(await ensemble.status()).toMatchObject({ leader: undefined, quorum: false });
    await using reader = await ensemble.connect({ readOnly: true });
    expect(reader.state).toBe("connectedReadOnly");
    expect((await reader.get("/a")).data.toString()).toBe("1");
    await expect(reader.set("/a", "2")).rejects.toMatchObject({ code: "NOTREADONLY" });
    expect(await ensemble.sessions.list()).toMatchObject([
      { id: reader.sessionId, peer: 1, connected: true, readOnly: true, ephemerals: [] },
    ]);
  });

  test("serves nobody before two seconds are over, and nobody but readers after", async () => {
    await using ensemble = await startEnsemble(3, { readOnlyMode: true, clock: "manual" });
    await ensemble.kill([2, 3]);
    await ensemble.peer(1).waitForRole("looking");
    await ensemble.clock.advance(1999);
    expect(await ensemble.peer(1).role()).toBe("looking");
    await ensemble.clock.advance(1);
    expect(await ensemble.peer(1).role()).toBe("readonly");
    const refused = connect(ensemble.connectString, { connectTimeout: 300 });
    await expect(refused).rejects.toMatchObject({ code: "CONNECTIONLOSS" });
  });

  test("never serves readers unless it is told to", async () => {
    await using ensemble = await startEnsemble(3, { clock: "manual" });
    await ensemble.kill([2, 3]);
    await ensemble.clock.advance(60_000);
    expect(await ensemble.peer(1).role()).toBe("looking");
  });

  test("sends readers on when somebody leads", async () => {
    await using ensemble = await leftAlone();
    const reader = await ensemble.connect({ readOnly: true });
    const ended = new Promise<string>((resolve) => {
      reader.onState((state) => state !== "disconnected" && resolve(state));
    });
    const roles: string[] = [];
    ensemble.events.on("peer", (event) => {
      if (event.peer === 1) roles.push(`${event.from} to ${event.to}`);
    });
    await ensemble.start();
    await ensemble.waitForQuorum();
    // It was never known to a peer that could write, so it is a new session that can.
    expect(await ended).toBe("connected");
    await reader.set("/a", "2");
    expect(roles[0]).toMatch(/^readonly to (follower|leader)$/);
    await reader.close();
  });

  test("lets its sessions expire", async () => {
    await using ensemble = await leftAlone();
    const reader = await ensemble.connect({ readOnly: true, sessionTimeout: 500 });
    const { sessionId } = reader;
    await ensemble.sessions.expire(sessionId);
    expect(await ensemble.sessions.get(sessionId)).toBe(undefined);
    const next = await ensemble.connect({ readOnly: true, sessionTimeout: 500 });
    await ensemble.clock.advance(60_000);
    expect(await ensemble.sessions.get(next.sessionId)).toMatchObject({ connected: true });
    await ensemble.clock.advance(1000, { keepAlive: "none" });
    expect(await ensemble.sessions.get(next.sessionId)).toBe(undefined);
    await reader.close();
    await next.close();
  });
});

describe("local sessions", () => {
  const options = {
    localSessions: true,
    config: { localSessionsUpgradingEnabled: true },
  } as const;

  test("are listed with the others, and expire", async () => {
    await using ensemble = await startEnsemble(3, options);
    const client = await ensemble.connect({ to: 2 });
    const session = { id: client.sessionId, peer: 2, connected: true, readOnly: false };
    expect(await ensemble.sessions.list()).toMatchObject([{ ...session, ephemerals: [] }]);
    const changes: string[] = [];
    ensemble.events.on("session", ({ id, change }) => {
      if (id === client.sessionId) changes.push(change);
    });
    await client.create("/e", "", { mode: "ephemeral" });
    expect(await ensemble.sessions.list()).toMatchObject([{ ...session, ephemerals: ["/e"] }]);
    await ensemble.sessions.expire("/e");
    await ensemble.waitForSessionGone(client.sessionId);
    expect(changes).toEqual(["expired"]);
    await client.close();
  });

  test("of a follower have expired, in the events too, when its leader is gone", async () => {
    await using ensemble = await startEnsemble(3, options);
    const [follower] = await ensemble.followers();
    const client = await ensemble.connect({ to: follower?.id ?? 0 });
    const changes: string[] = [];
    ensemble.events.on("session", ({ id, change }) => {
      if (id === client.sessionId) changes.push(change);
    });
    await ensemble.killLeader();
    expect(changes.slice(0, 2)).toEqual(["disconnected", "expired"]);
    await client.close();
  });

  test("end with their peer's role, upgraded ones do not", async () => {
    await using ensemble = await startEnsemble(3, options);
    const leader = await ensemble.leader();
    const [one, other] = await Promise.all([
      ensemble.connect({ to: leader.id }),
      ensemble.connect({ to: leader.id }),
    ]);
    await other.create("/e", "", { mode: "ephemeral" });
    await ensemble.killLeader();
    const left = await ensemble.sessions.list();
    expect(left.map(({ id }) => id)).toEqual([other.sessionId]);
    await Promise.all([one.close(), other.close()]);
  });
});
