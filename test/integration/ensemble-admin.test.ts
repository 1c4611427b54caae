import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { type Ensemble, type Peer, startEnsemble } from "../../src/index.ts";

const urlOf = (peer: Peer, path: string) => `http://${peer.host}:${peer.ports.admin}${path}`;

async function ask(peer: Peer, command: string): Promise<Record<string, unknown>> {
  const response = await fetch(urlOf(peer, `/commands/${command}`));
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "application/json",
  ]);
  return (await response.json()) as Record<string, unknown>;
}

const start = (peers: number): Promise<Ensemble> => startEnsemble({ peers, admin: true });

describe("a command", () => {
  test("answers with its figures, its primary name and no error", async () => {
    await using ens = await start(3);
    const leader = await ens.leader();
    const zk = await ens.connect({ to: "leader" });
    await zk.create("/mine", "", { mode: "ephemeral" });
    await zk.exists("/mine", { watch: () => {} });
    expect(await ask(leader, "srvr")).toMatchObject({
      read_only: false,
      server_stats: { server_state: "leader", num_alive_client_connections: 1 },
      node_count: 6,
      command: "server_stats",
      error: null,
    });
    expect(await ask(leader, "mntr")).toMatchObject({
      server_state: "leader",
      quorum_size: 3,
      synced_followers: 2,
      avg_latency: expect.any(Number),
      command: "monitor",
    });
    const { connections } = await ask(leader, "connections");
    expect(connections).toMatchObject([
      { last_operation: "EXIS", session_timeout: 30_000, packets_received: 3 },
    ]);
    expect(await ask(leader, "conf")).toMatchObject({
      client_port: leader.port,
      tick_time: 100,
      server_id: leader.id,
    });
    const session = String(zk.sessionId);
    const dump = await (await fetch(urlOf(leader, "/commands/dump"))).text();
    expect(dump).toContain(`"session_id_to_ephemeral_paths" : {\n    "${session}" : [ "/mine" ]`);
    expect(dump).toMatch(new RegExp(`"\\d+" : \\[ ${session} \\]`));
    expect(await ask(leader, "wchs")).toMatchObject({ num_connections: 1, num_paths: 1 });
    const [follower] = await ens.followers();
    expect(follower && (await ask(follower, "leader"))).toEqual({
      is_leader: false,
      leader_id: leader.id,
      leader_ip: "127.0.0.1",
      command: "leader",
      error: null,
    });
    expect(follower && (await ask(follower, "zabstate"))).toMatchObject({
      voting: true,
      zabstate: "broadcast",
      zab_epoch: 1,
    });
    expect(Object.keys((await ask(leader, "voting_view"))["current_config"] as object)).toEqual([
      "1",
      "2",
      "3",
    ]);
    await zk.close();
  });

  test("every one of the list is answered, on a standalone peer too", async () => {
    await using ens = await start(1);
    const [peer] = ens.peers;
    if (peer === undefined) throw new Error("no peer");
    const list = await (await fetch(urlOf(peer, "/commands"))).text();
    const names = [...list.matchAll(/<a href="\/commands\/(\w+)">\1<\/a>\n<br\/>/g)].map(
      (m) => m[1],
    );
    expect(names).toContain("zabstate");
    for (const name of names) expect((await ask(peer, name ?? ""))["command"]).toBe(name);
    expect((await ask(peer, "leader"))["error"]).toBe("server is not initialized");
  });

  test("stat_reset resets", async () => {
    await using ens = await start(1);
    const [peer] = ens.peers;
    if (peer === undefined) throw new Error("no peer");
    const zk = await ens.connect();
    await zk.create("/a");
    await ask(peer, "stat_reset");
    expect(await ask(peer, "srvr")).toMatchObject({ server_stats: { packets_received: 0 } });
    await zk.close();
  });

  test("that nobody knows is an error in the answer, as is a peer that serves nobody", async () => {
    await using ens = await start(3);
    const [first] = ens.peers;
    if (first === undefined) throw new Error("no peer");
    expect(await ask(first, "nope")).toEqual({ command: "nope", error: "Unknown command: nope" });
    await ens.peer(2).kill();
    await ens.peer(3).kill();
    await first.waitForRole("looking");
    expect(await ask(first, "srvr")).toEqual({
      command: "srvr",
      error: "This ZooKeeper instance is not currently serving requests",
    });
    expect(await ask(first, "zabstate")).toMatchObject({ voting: false, zabstate: "" });
    expect(await ask(first, "env")).toMatchObject({ "java.vendor": "Node.js", error: null });
  });
});

test.each([
  ["GET", "/", 404],
  ["GET", "//", 404],
  ["GET", "/command", 404],
  ["PUT", "/commands/ruok", 405],
  ["DELETE", "/commands/ruok", 405],
  ["POST", "/commands/ruok", 500],
])("%s %s is %i", async (method, path, status) => {
  await using ens = await start(1);
  const [peer] = ens.peers;
  expect(peer && (await fetch(urlOf(peer, path), { method })).status).toBe(status);
});

test("what is not HTTP harms nobody", async () => {
  await using ens = await start(1);
  const [peer] = ens.peers;
  if (peer === undefined) throw new Error("no peer");
  const socket = connect(peer.ports.admin ?? 0, "127.0.0.1");
  socket.on("error", () => {}).resume();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.end("\x16\x03\x01 no HTTP");
  await closed;
  expect((await ask(peer, "ruok"))["error"]).toBe(null);
});

test("the port is the peer's own: it refuses while the peer is down, waits while it is paused", async () => {
  await using ens = await start(3);
  const peer = ens.peer(3);
  const { admin } = peer.ports;
  await peer.kill();
  await expect(fetch(urlOf(peer, "/commands/ruok"))).rejects.toThrow("fetch failed");
  await peer.start();
  expect([peer.ports.admin, (await ask(peer, "ruok"))["error"]]).toEqual([admin, null]);
  await peer.pause();
  const answer = ask(peer, "ruok");
  await peer.resume();
  expect((await answer)["command"]).toBe("ruok");
});

test("without the option there is no such port", async () => {
  await using ens = await startEnsemble(1);
  expect(ens.peers[0]?.ports.admin).toBe(undefined);
});
