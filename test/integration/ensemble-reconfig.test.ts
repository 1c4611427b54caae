import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";

/** `4 participant` for each member. */
const membersIn = (config: string): string[] =>
  config
    .split("\n")
    .filter((line) => line.startsWith("server."))
    .map((line) => `${line.slice(7, line.indexOf("="))} ${/participant|observer/.exec(line)?.[0]}`);

const superUser = [{ scheme: "digest", auth: "super:super" }];

describe.each(["tcp", "memory"] as const)("with %s links", (peerLinks) => {
  test("a peer joins, votes, and leaves; who watches the configuration hears of it", async () => {
    await using ensemble = await startEnsemble(3, { peerLinks });
    await using client = await ensemble.connect();
    expect(membersIn((await client.getConfig()).config)).toEqual([
      "1 participant",
      "2 participant",
      "3 participant",
    ]);
    const heard: string[] = [];
    await client.getConfig({ watch: (event) => heard.push(event.type) });

    const fourth = await ensemble.addPeer();
    expect([fourth.id, fourth.type, await fourth.role()]).toEqual([4, "participant", "follower"]);
    expect(ensemble.connectString.split(",")).toHaveLength(4);
    await client.sync("/");
    expect(membersIn((await client.getConfig()).config)).toContain("4 participant");
    expect(heard).toHaveLength(1);

    await ensemble.partition([4], [1, 2, 3]);
    await ensemble.waitForQuorum();
    await ensemble.heal();
    await ensemble.removePeer(4);
    expect(ensemble.peers.map((peer) => peer.id)).toEqual([1, 2, 3]);
    await client.sync("/");
    expect(membersIn((await client.getConfig()).config)).toHaveLength(3);
  });

  test("a leader that is removed is replaced at once, and the state lives on", async () => {
    await using ensemble = await startEnsemble(3, { peerLinks });
    await ensemble.seedTree({ kept: "yes" });
    const leader = await ensemble.leader();
    await ensemble.removePeer(leader.id);
    await ensemble.waitForQuorum();
    expect(ensemble.peers.map((peer) => peer.id)).not.toContain(leader.id);
    expect(await ensemble.dump()).toEqual({ kept: "yes" });
    await ensemble.restart();
    expect(await ensemble.dump()).toEqual({ kept: "yes" });
  });
});

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === "::1");

test.runIf(hasIpv6)(
  "at an IPv6 host, which the configuration writes in another way, nobody moves and the leader stays",
  async () => {
    await using ensemble = await startEnsemble(3, { host: "::1" });
    await using client = await ensemble.connect();
    const leader = await ensemble.leader();
    const { connectString } = ensemble;
    const states: string[] = [];
    client.onState((state) => states.push(state));

    const fourth = await ensemble.addPeer();
    await ensemble.waitForConverged();
    expect((await ensemble.leader()).id).toBe(leader.id);
    expect(ensemble.connectString).toBe(`${connectString},${fourth.address}`);
    expect(new Set(ensemble.peers.map((peer) => peer.host))).toEqual(new Set(["::1"]));
    await client.sync("/");
    expect((await client.getConfig()).config).toContain(`[0:0:0:0:0:0:0:1]:${fourth.port}`);
    expect(states).toEqual([]);
  },
);

test("who was removed is started by nobody: not by its handle, nor by a rolling restart", async () => {
  await using ensemble = await startEnsemble(3);
  const fourth = await ensemble.addPeer();
  const removing = ensemble.removePeer(4);
  const rolling = ensemble.restart({ rolling: true });
  await expect(rolling).rejects.toMatchObject({ code: "ZKMS_NO_SUCH_PEER" });
  await removing;
  for (const call of [() => fourth.start(), () => fourth.restart({ crash: true })])
    await expect(call()).rejects.toMatchObject({ code: "ZKMS_NO_SUCH_PEER" });
  expect(await fourth.role()).toBe("stopped");
  await ensemble.waitForQuorum();
});

test("an observer is added, and its place may be taken by a voter of that number later", async () => {
  await using ensemble = await startEnsemble(3);
  const observer = await ensemble.addPeer({ type: "observer", id: 9 });
  expect([observer.type, await observer.role()]).toEqual(["observer", "observer"]);
  await ensemble.removePeer(9);
  const voter = await ensemble.addPeer({ id: 9 });
  expect([voter.type, await voter.role()]).toEqual(["participant", "follower"]);
  await ensemble.killLeader();
  await ensemble.waitForQuorum();
});

test("a client's reconfig changes roles, and is refused where Apache refuses it", async () => {
  await using ensemble = await startEnsemble({ peers: 3, observers: 1 });
  await using client = await ensemble.connect({ auth: superUser });
  await using anybody = await ensemble.connect();
  const { config, stat } = await client.getConfig();
  const fourth = config.split("\n").find((line) => line.startsWith("server.4=")) ?? "";
  const asVoter = fourth.replace("observer", "participant");
  const refused = async (change: Parameters<typeof client.reconfig>[0], by = client) =>
    await by.reconfig(change).then(
      () => "carried out",
      (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
    );
  expect([
    await refused({ joining: [asVoter] }, anybody),
    await refused({ joining: [asVoter], fromConfig: stat.mzxid + 1n }),
    await refused({ joining: ["server.7=nowhere"] }),
    await refused({ leaving: [2, 3, 1] }),
    await refused({
      joining: ["server.7=127.0.0.1:1:2;3", "server.8=127.0.0.1:4:5;6", "server.9=127.0.0.1:7:8;9"],
    }),
  ]).toMatchInlineSnapshot(`
    [
      "NOAUTH",
      "BADVERSION",
      "BADARGUMENTS",
      "BADARGUMENTS",
      "NEWCONFIGNOQUORUM",
    ]
  `);

  const after = await client.reconfig({ joining: [asVoter] });
  expect(membersIn(after.config)).toContain("4 participant");
  expect(after.config.endsWith(`version=${after.stat.mzxid.toString(16)}`)).toBe(true);
  await ensemble.peer(4).waitForRole("follower");
  expect(ensemble.peer(4).type).toBe("participant");
});

test("what is in force outlives a restart, from disk too", async () => {
  for (const kind of ["memory", "disk"] as const) {
    await using ensemble = await startEnsemble(3, { storage: { kind } });
    await ensemble.addPeer();
    await ensemble.removePeer(1);
    await ensemble.removePeer(2);
    await ensemble.restart();
    await ensemble.waitForQuorum();
    await using client = await ensemble.connect();
    expect(membersIn((await client.getConfig()).config)).toEqual([
      "3 participant",
      "4 participant",
    ]);
  }
});

test("what is not possible is refused in words", async () => {
  await using fixed = await startEnsemble(3, { reconfig: false });
  await expect(fixed.addPeer()).rejects.toMatchObject({ code: "ZKMS_UNSUPPORTED" });
  await using alone = await startEnsemble(1);
  await expect(alone.addPeer()).rejects.toMatchObject({ code: "ZKMS_UNSUPPORTED" });
  await expect(alone.removePeer(1)).rejects.toMatchObject({ code: "ZKMS_UNSUPPORTED" });
  expect([fixed, alone].map((ensemble) => ensemble.supports("reconfig"))).toEqual([false, false]);
});

test("a voter that joins has a group where the others have one, and only there", async () => {
  await using grouped = await startEnsemble({ peers: [{ group: 1 }, { group: 1 }, { group: 1 }] });
  await expect(grouped.addPeer()).rejects.toMatchObject({
    code: "ZKMS_BAD_OPTIONS",
    message: expect.stringContaining(
      "option group: undefined leaves a voter in no group, which the others have\n  try     group: 1\n",
    ),
  });
  expect((await grouped.addPeer({ type: "observer" })).id).toBe(4);
  expect((await grouped.addPeer({ group: 1 })).id).toBe(5);

  await using ensemble = await startEnsemble(3);
  await expect(ensemble.addPeer({ group: 1 })).rejects.toMatchObject({
    code: "ZKMS_BAD_OPTIONS",
    message: expect.stringContaining("option group: 1 has no place where the others have no group"),
  });
});

test("a quorum by groups and weights: two of three groups elect and commit, a majority of peers in one does not", async () => {
  const peers = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => ({ id, group: Math.ceil(id / 3) }));
  await using ensemble = await startEnsemble({ peers });
  await ensemble.kill([1, 4, 7, 8, 9]);
  await ensemble.waitForQuorum();
  const leader = await ensemble.leader();
  expect([2, 3, 5, 6]).toContain(leader.id);
  await ensemble.kill([2]);
  await ensemble.waitForNoLeader();
});

test("a peer without weight is not elected", async () => {
  const peers = [1, 2, 3].map((id) => ({ id, group: 1, weight: id === 3 ? 0 : 1 }));
  await using ensemble = await startEnsemble({ peers });
  expect((await ensemble.leader()).id).toBe(2);
});
