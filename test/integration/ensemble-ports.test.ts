// Peers that a reconfiguration gives other ports, over real sockets.
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { describe, expect, test } from "vitest";
import { freePorts } from "../../src/apache/free-ports.ts";
import type { ZooKeeperClient } from "../../src/client/index.ts";
import { type Ensemble, type Peer, startEnsemble } from "../../src/index.ts";
import { RawClient } from "./runtime/raw-client.ts";
import { tempFolder } from "./temp-folder.ts";

const host = "127.0.0.1";

interface NewPorts {
  readonly client?: number;
  readonly quorum?: number;
  readonly election?: number;
}

/** The line of a voter that keeps the ports it is not given. */
function lineOf({ id, ports }: Peer, next: NewPorts): string {
  const { client, quorum, election } = { ...ports, ...next };
  return `server.${id}=${host}:${quorum}:${election}:participant;${host}:${client}`;
}

const asSuper = (ens: Ensemble): Promise<ZooKeeperClient> =>
  ens.connect({ auth: [{ scheme: "digest", auth: "super:super" }] });

async function move(ens: Ensemble, lines: readonly string[]): Promise<void> {
  await using client = await asSuper(ens);
  await client.reconfig({ joining: lines });
}

const untilAt = (ens: Ensemble, peer: Peer, ports: NewPorts): Promise<void> =>
  ens.waitFor(`peer ${peer.id} has moved`, () =>
    Object.entries(ports).every(([kind, port]) => peer.ports[kind as keyof NewPorts] === port),
  );

async function occupied(port: number): Promise<Server> {
  const server = createServer().listen(port, host);
  await once(server, "listening");
  return server;
}

const freed = (server: Server): Promise<unknown> => {
  const closed = once(server, "close");
  server.close();
  return closed;
};

/** Any voter that does not lead. */
async function followerOf(ens: Ensemble): Promise<Peer> {
  const [follower] = await ens.followers();
  if (follower === undefined) throw new Error("nobody follows");
  return follower;
}

const errorsOf = async (ens: Ensemble): Promise<string[]> =>
  (await ens.events.history({ type: "log" })).flatMap((event) =>
    event.type === "log" && event.level === "error" ? [`${event.peer} ${event.text}`] : [],
  );

describe.each(["tcp", "memory"] as const)("with %s links", (peerLinks) => {
  test("a client port moves: who is connected stays, who comes finds the new one, now and after a restart", async () => {
    await using ens = await startEnsemble(3, { peerLinks });
    const peer = await followerOf(ens);
    const [client = 0] = await freePorts(1);
    const old = peer.port;
    await using before = await ens.connect({ to: peer.id });
    const states: string[] = [];
    before.onState((state) => states.push(state));
    await move(ens, [lineOf(peer, { client })]);
    await untilAt(ens, peer, { client });

    await before.create("/by-the-old-connection");
    expect([states, (await peer.status()).connections]).toEqual([[], 1]);
    await expect(RawClient.open(old)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await using after = await ens.connect({ to: peer.id });
    await after.sync("/");
    expect(await after.exists("/by-the-old-connection")).not.toBeNull();
    expect(ens.connectString.split(",")).toContain(`${host}:${client}`);
    expect(await peer.fourLetterWord("conf")).toContain(`clientPort=${client}\n`);

    await peer.restart();
    expect(peer.port).toBe(client);
    using again = await RawClient.open(client);
    expect(again).toBeDefined();
  });
});

test("all move, the leader too, in one reconfiguration: another leads, and it is found when the next one dies", async () => {
  await using ens = await startEnsemble(3);
  const leader = await ens.leader();
  const ports = await freePorts(6);
  const next = ens.peers.map((peer, index) => ({
    peer,
    to: { quorum: ports[index * 2] ?? 0, election: ports[index * 2 + 1] ?? 0 },
  }));
  await move(
    ens,
    next.map(({ peer, to }) => lineOf(peer, to)),
  );
  const second = await ens.waitForLeader({ not: leader.id });
  for (const { peer, to } of next) await untilAt(ens, peer, to);
  const { killed } = await ens.killLeader();
  expect(killed.id).toBe(second.id);
  await killed.start();
  await ens.restart();
  await ens.waitForQuorum();
  expect(next.flatMap(({ peer: { ports } }) => [ports.quorum, ports.election])).toEqual(ports);
  expect(await errorsOf(ens)).toEqual([]);
});

test("two that change places find room when the other one has left", async () => {
  await using ens = await startEnsemble(3);
  const [one, other] = (await ens.followers()) as [Peer, Peer];
  const forPeers = ({ ports: { quorum = 0, election = 0 } }: Peer): NewPorts => ({
    quorum,
    election,
  });
  const [first, second] = [forPeers(one), forPeers(other)];
  await move(ens, [lineOf(one, second), lineOf(other, first)]);
  await untilAt(ens, one, second);
  await untilAt(ens, other, first);
  await ens.killLeader();
  await ens.waitForQuorum();
});

test("a leader that only its own quorum port moves hands over, and follows", async () => {
  await using ens = await startEnsemble(3);
  await ens.seedTree({ kept: "yes" });
  const leader = await ens.leader();
  const [quorum = 0] = await freePorts(1);
  await move(ens, [lineOf(leader, { quorum })]);
  await ens.waitForLeader({ not: leader.id });
  await leader.waitForRole("follower");
  await untilAt(ens, leader, { quorum });
  expect(await ens.dump()).toEqual({ kept: "yes" });
});

test("a peer that is down, or paused, goes where it belongs when it comes back", async () => {
  await using ens = await startEnsemble(5);
  const [down, paused] = (await ens.followers()) as [Peer, Peer];
  const ports = await freePorts(6);
  const [first = {}, second = {}] = [0, 3].map((at) => ({
    client: ports[at] ?? 0,
    quorum: ports[at + 1] ?? 0,
    election: ports[at + 2] ?? 0,
  }));
  await down.kill();
  await paused.pause();
  await move(ens, [lineOf(down, first), lineOf(paused, second)]);
  await down.start();
  expect(down.ports).toEqual(first);
  await paused.resume();
  await untilAt(ens, paused, second);
  const others = (await ens.followers()).filter((peer) => peer !== down && peer !== paused);
  await ens.kill(others.map((peer) => peer.id)); // what is left needs both
  await using client = await ens.connect({ to: [down.id, paused.id] });
  await client.create("/a");
});

test("a move counts as under way: a clock that is advanced waits for it", async () => {
  await using ens = await startEnsemble(3, { clock: "manual" });
  const peer = await followerOf(ens);
  const [client = 0] = await freePorts(1);
  await move(ens, [lineOf(peer, { client })]);
  await ens.clock.advance(1);
  using raw = await RawClient.connect(client);
  expect([peer.port, raw.socket.remotePort]).toEqual([client, client]);
});

test("an ensemble on the files of another one stays on its own ports, whatever those files say", async () => {
  const storage = { kind: "disk", dir: tempFolder(), keep: true } as const;
  await (await startEnsemble(3, { storage })).close();
  await using ens = await startEnsemble(3, { storage });
  const before = ens.peers.map(({ ports }) => ports);
  await ens.addPeer({ type: "observer" });
  await ens.restart();
  expect(ens.peers.slice(0, 3).map(({ ports }) => ports)).toEqual(before);
});

describe("a port that somebody has", () => {
  test("of clients: said aloud; those connected are served on, and the next reconfiguration may mend it", async () => {
    await using ens = await startEnsemble(3);
    const peer = await followerOf(ens);
    const [taken = 0, free = 0] = await freePorts(2);
    const other = await occupied(taken);
    await using before = await ens.connect({ to: peer.id });
    await move(ens, [lineOf(peer, { client: taken })]);
    await untilAt(ens, peer, { client: taken });
    await before.create("/a");
    expect(await errorsOf(ens)).toEqual([
      `${peer.id} cannot listen for clients on ${host}:${taken} (EADDRINUSE): it listens for none, and keeps those it has`,
    ]);
    await expect(peer.restart()).rejects.toMatchObject({ code: "ZKMS_PORT_IN_USE" });
    await freed(other);
    await peer.start();
    await move(ens, [lineOf(peer, { client: free })]);
    await untilAt(ens, peer, { client: free });
    using raw = await RawClient.open(free);
    expect(raw).toBeDefined();
  });

  test("of votes: tried as often as electionPortBindRetry says, then the peer stops", async () => {
    await using ens = await startEnsemble(3, { config: { electionPortBindRetry: 2 } });
    const peer = await followerOf(ens);
    const [taken = 0] = await freePorts(1);
    const other = await occupied(taken);
    await move(ens, [lineOf(peer, { election: taken })]);
    const stopped = ens.waitFor("it stops", async () => (await peer.role()) === "crashed");
    await expect(stopped).rejects.toMatchObject({ code: "ZKMS_PORT_IN_USE" });
    expect(await errorsOf(ens)).toEqual([
      `${peer.id} cannot listen for votes on ${host}:${taken} (EADDRINUSE): it tries again`,
      expect.stringContaining(`stopped because of its election port: cannot listen for votes`),
    ]);
    expect(await peer.role()).toBe("crashed");
    await ens.waitForQuorum();
    await freed(other);
    await peer.start();
  });

  test("of learners: said aloud, and asked for again by a peer that begins to lead", async () => {
    await using ens = await startEnsemble(3);
    const peer = ens.peer(3);
    if ((await ens.leader()).id === 3) await ens.killLeader().then(() => peer.start());
    const [taken = 0] = await freePorts(1);
    const other = await occupied(taken);
    await move(ens, [lineOf(peer, { quorum: taken })]);
    await untilAt(ens, peer, { quorum: taken });
    expect(await errorsOf(ens)).toEqual([
      `3 cannot listen for learners on ${host}:${taken} (EADDRINUSE): it cannot lead before it can`,
    ]);
    await freed(other);
    await ens.waitForConverged();
    await ens.killLeader(); // the one of the largest number is elected
    expect((await ens.leader()).id).toBe(3);
  });
});
