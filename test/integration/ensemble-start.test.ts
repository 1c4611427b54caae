import { existsSync } from "node:fs";
import { connect, createServer } from "node:net";
import { describe, expect, test, vi } from "vitest";
import { type Ensemble, startEnsemble } from "../../src/index.ts";

/** Whether somebody listens on the port. */
const isOpen = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("connect", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });

/** A server that keeps a port from others. */
const occupy = () =>
  new Promise<{ port: number } & AsyncDisposable>((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address !== null ? address.port : 0,
        [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
      });
    });
  });

describe.each(["tcp", "memory"] as const)("over %s", (peerLinks) => {
  test("three peers serve when the start resolves, and have applied the same write", async () => {
    await using ens = await startEnsemble(3, { peerLinks });
    const { leader, peers, quorum, faults } = await ens.status();
    expect({ quorum, faults, leader: peers.find(({ role }) => role === "leader")?.id }).toEqual({
      quorum: true,
      faults: [],
      leader,
    });
    expect(peers.map(({ role }) => role).sort()).toEqual(["follower", "follower", "leader"]);
    expect(new Set(peers.map(({ zxid }) => zxid)).size).toBe(1);
    expect(peers[0]?.zxid).toBeGreaterThan(0x1_0000_0000n);
    expect(peers.map((peer) => peer.leader)).toEqual([leader, leader, leader]);
  });

  test("a single peer stands alone, as in Apache ZooKeeper", async () => {
    await using ens = await startEnsemble(1, { peerLinks });
    const leader = await ens.leader();
    expect([await leader.role(), ens.peers.length]).toEqual(["standalone", 1]);
    const zk = await ens.connect();
    expect(await zk.create("/a")).toBe("/a");
    await zk.close();
  });

  test("observers come last, and serve", async () => {
    await using ens = await startEnsemble({ peers: 3, observers: 2, peerLinks });
    expect(ens.peers.map(({ id, type }) => `${id} ${type}`)).toEqual([
      "1 participant",
      "2 participant",
      "3 participant",
      "4 observer",
      "5 observer",
    ]);
    expect((await ens.observers()).map(({ id }) => id)).toEqual([4, 5]);
    expect((await ens.followers()).length).toBe(2);
    const zk = await ens.connect({ to: "observers" });
    await zk.create("/through-an-observer");
    expect(await ens.dump()).toEqual({ "through-an-observer": "" });
    await zk.close();
  });
});

describe("what an ensemble says of itself", () => {
  test("its connect string names every peer, and is stable over kills and restarts", async () => {
    await using ens = await startEnsemble({ name: "orders", seed: 42, advertisedHost: "zoo" });
    expect(ens.id).toMatch(/^orders-[0-9a-f]{6}$/);
    expect([ens.seed, ens.engine, ens.controlUrl]).toEqual(["42", "embedded", undefined]);
    const { connectString } = ens;
    expect(connectString).toBe(ens.peers.map(({ port }) => `zoo:${port}`).join(","));
    await ens.peer(2).restart({ crash: true });
    expect([ens.connectString, ens.peer(2).address]).toEqual([
      connectString,
      `zoo:${ens.peer(2).ports.client}`,
    ]);
  });

  test("fixed client ports are used, and one that is taken is named", async () => {
    await using taken = await occupy();
    const { port } = taken;
    await expect(startEnsemble(1, { clientPort: port })).rejects.toMatchObject({
      code: "ZKMS_PORT_IN_USE",
      message: expect.stringContaining(`port 127.0.0.1:${port} of peer 1 is in use`),
      hint: "clientPort: 0, which takes any free one",
    });
    await taken[Symbol.asyncDispose]();
    await using ens = await startEnsemble(1, { clientPort: port });
    expect(ens.peers[0]?.port).toBe(port);
  });

  test("a peer that is killed before it has read what it had has had it all the same", async () => {
    await using ens = await startEnsemble(3);
    const peer = ens.peer(1);
    await peer.kill();
    const before = await peer.status();
    const starting = peer.start();
    // Microtasks alone: it is killed in the turn in which its process began.
    for (let tries = 0; tries < 1000 && (await peer.role()) === "crashed"; tries += 1);
    expect(await peer.status()).toEqual({ ...before, role: "stopped", znodes: expect.any(Number) });
    await peer.kill();
    expect(await peer.status()).toEqual(before);
    await Promise.all([starting, peer.start()]);
  });

  test("no such peer is told with those there are", async () => {
    await using ens = await startEnsemble(1);
    expect(() => ens.peer(7)).toThrow("there is no peer 7\n  try     one of 1");
  });

  test("the engine says what it has, and refuses the rest by name", async () => {
    await using ens = await startEnsemble(1);
    expect(ens.supports("clock")).toBe(true);
    expect(ens.supports("snapshot")).toBe(true);
    await expect(ens.addPeer()).rejects.toMatchObject({ code: "ZKMS_UNSUPPORTED" });
    expect(ens.supports("storage-faults")).toBe(true);
    expect(await ens.storage.files(1)).toEqual([]);
  });
});

describe("a start that cannot be", () => {
  test("is refused for options that contradict each other", async () => {
    await expect(startEnsemble(3, { peers: 5 })).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
    });
    await expect(startEnsemble({ tickTme: 5 } as object)).rejects.toThrow("try     tickTime");
  });

  test("ends with the signal's reason, and leaves nothing", async () => {
    const reason = new Error("no time");
    const early = AbortSignal.abort(reason);
    await expect(startEnsemble(3, { signal: early })).rejects.toBe(reason);
    await using taken = await occupy();
    const { port } = taken;
    await taken[Symbol.asyncDispose]();
    const controller = new AbortController();
    const starting = startEnsemble(3, { signal: controller.signal, clientPort: [port, 0, 0] });
    controller.abort(reason);
    await expect(starting).rejects.toBe(reason);
    expect(await isOpen(port)).toBe(false);
  });

  test("runs out of time with the state of each peer", async () => {
    const late = startEnsemble({ timeouts: { start: 0 }, seed: "9f31c2" });
    await expect(late).rejects.toMatchObject({
      code: "ZKMS_START_TIMEOUT",
      seed: "9f31c2",
      message: expect.stringMatching(
        /^not ready after 0 ms\n {2}peers {3}1 looking .*\n {2}why .*\n {2}try {5}timeouts: \{ start: … \}, with more than 0 ms\n {2}replay {2}seed 9f31c2$/m,
      ),
    });
  });
});

describe("too few peers for a quorum", () => {
  test("are ready when they look for a leader, and serve when enough are started", async () => {
    await using ens = await startEnsemble({
      peers: [{}, { start: false }, { start: false }],
    });
    const roles = async () => (await ens.status()).peers.map(({ role }) => role);
    expect(await roles()).toEqual(["looking", "stopped", "stopped"]);
    await ens.peer(2).start();
    expect((await roles()).slice(0, 2).sort()).toEqual(["follower", "leader"]);
    await ens.start();
    expect((await roles()).sort()).toEqual(["follower", "follower", "leader"]);
  });
});

describe("close", () => {
  test("frees the ports, may be called twice, and ends what waits", async () => {
    const ens = await startEnsemble(3);
    const waiting = ens.waitFor("something that never is", () => false);
    const zk = await ens.connect();
    const [first, second] = [ens.close(), ens.close()];
    expect(first).toBe(second);
    await expect(waiting).rejects.toMatchObject({ code: "ZKMS_CLOSED" });
    await first;
    expect(zk.state).toBe("closed");
    expect(await Promise.all(ens.peers.map(({ port }) => isOpen(port)))).toEqual([
      false,
      false,
      false,
    ]);
    await expect(ens.status()).rejects.toMatchObject({
      code: "ZKMS_CLOSED",
      message: expect.stringContaining(`${ens.id} is closed\n  try     await every call before`),
    });
    await ens.close();
  });

  test.each([
    ["of the ensemble", (ens: Ensemble) => ens.restart()],
    ["of a peer", (ens: Ensemble) => ens.peer(2).restart({ wipe: true })],
  ] as const)(
    "ends a restart %s that is under way and leaves nothing of it",
    async (_, restart) => {
      const ens = await startEnsemble(3, { storage: { kind: "disk" } });
      const folders = ens.peers.map(({ dataDir = "" }) => dataDir);
      const restarting = expect(restart(ens)).rejects.toMatchObject({ code: "ZKMS_CLOSED" });
      await ens.close();
      await restarting;
      expect(await Promise.all(ens.peers.map(({ port }) => isOpen(port)))).not.toContain(true);
      expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
    },
  );

  test("ten ensembles run side by side and do not meet", async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, () => startEnsemble(1, { peerLinks: "memory" })),
    );
    const clients = await Promise.all(all.map((ens) => ens.connect()));
    await Promise.all(clients.map((zk, index) => zk.create(`/only-${index}`)));
    expect(await Promise.all(all.map((ens) => ens.dump()))).toEqual(
      all.map((_, index) => ({ [`only-${index}`]: "" })),
    );
    await Promise.all(all.map((ens) => ens.close()));
  });
});

test("what becomes of the options and the environment after the call is nothing to it", async () => {
  const options = { peers: 1, name: "given", clientPort: [0], timeouts: { wait: 1234 } };
  vi.stubEnv("ZKMS_SEED", "5eed");
  const starting = startEnsemble(options);
  vi.stubEnv("ZKMS_SEED", "later");
  Object.assign(options, { peers: 3, name: "later", clientPort: ["none"] });
  options.timeouts.wait = -1;
  vi.unstubAllEnvs();
  await using ens = await starting;
  expect([ens.peers.length, ens.id.replace(/-[0-9a-f]{6}$/, ""), ens.seed]).toEqual([
    1,
    "given",
    "5eed",
  ]);
  await ens.leader().then((leader) => leader.kill());
  await expect(ens.waitForLeader()).rejects.toThrow(/after 1234 ms/);
});
