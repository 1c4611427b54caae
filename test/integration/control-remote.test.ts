// What a handle from elsewhere has of its own: how it is had, how it ends, and what it holds.
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openControl } from "../../src/control/server.ts";
import { dispose } from "../../src/ensemble/disposal.ts";
import { acquireShared, releaseShared } from "../../src/ensemble/shared.ts";
import {
  connectEnsemble,
  type Ensemble,
  type NemesisStep,
  startEnsemble,
} from "../../src/index.ts";
import { Program } from "./program.ts";

const connectTo = (ens: Ensemble): Promise<Ensemble> =>
  connectEnsemble(ens.controlUrl ?? "", { token: ens.controlToken ?? "" });

let owner: Ensemble;
let ens: Ensemble;
beforeAll(async () => {
  owner = await startEnsemble(3, { control: true, tls: true, seed: "7" });
  ens = await connectTo(owner);
});
afterAll(async () => {
  await ens.close();
  await owner.close();
});

describe("a handle", () => {
  test("knows what the ensemble knows without asking", () => {
    const facts = ({ id, seed, engine, connectString, controlUrl, controlToken }: Ensemble) => ({
      id,
      seed,
      engine,
      connectString,
      controlUrl,
      controlToken,
    });
    expect(facts(ens)).toEqual(facts(owner));
    expect(ens.peers.map(({ address, ports }) => [address, ports])).toEqual(
      owner.peers.map(({ address, ports }) => [address, ports]),
    );
    expect(ens.supports("snapshot")).toBe(true);
    expect(() => ens.supports("snapshots" as never)).toThrow('try     "snapshot"');
    expect(ens.tls?.connectString).toBe(owner.tls?.connectString);
    expect(() => ens.peer(4)).toThrow("there is no peer 4\n  try     one of 1, 2, 3");
  });

  test("that is closed closes what it opened, and leaves the ensemble to its owner", async () => {
    const other = await connectTo(owner);
    const zk = await other.connect();
    const waiting = other.waitFor("nothing", () => false);
    const caught = expect(waiting).rejects.toMatchObject({ code: "ZKMS_CLOSED" });
    await other.status();
    await other.close();
    await caught;
    expect(zk.state).toBe("closed");
    await expect(other.status()).rejects.toMatchObject({ code: "ZKMS_CLOSED" });
    expect((await ens.status()).quorum).toBe(true);
  });

  test("tells of a token, an address or an ensemble that is none", async () => {
    const url = owner.controlUrl ?? "";
    await expect(connectEnsemble(url, { token: "other" })).rejects.toMatchObject({
      code: "ZKMS_CONTROL",
      message: expect.stringContaining("the token is another one"),
    });
    await expect(connectEnsemble("localhost:80", { token: "t" })).rejects.toThrow("controlUrl");
    await expect(connectEnsemble(url, { token: "" })).rejects.toThrow("option token");
    const gone = await startEnsemble(1, { control: true });
    const left = await connectTo(gone);
    await gone.close();
    await expect(left.status()).rejects.toMatchObject({
      code: "ZKMS_CONTROL",
      hint: "is the ensemble still open, in a process that still runs?",
    });
    await expect(left.waitFor("it", () => false)).rejects.toMatchObject({ code: "ZKMS_CONTROL" });
    const server = createServer((_, response) => void response.writeHead(200).end("hello"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const asked = connectEnsemble(`http://127.0.0.1:${port}`, { token: "t" });
    await expect(asked).rejects.toMatchObject({ code: "ZKMS_CONTROL" });
    server.closeAllConnections();
    server.close();
  });

  test("that is left open, and listens, does not hold its process", async () => {
    const environment = { URL: owner.controlUrl, TOKEN: owner.controlToken };
    const fixture = "test/integration/fixtures/listens-from-elsewhere.ts";
    await using program = new Program([fixture], environment);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.stdout).toEqual([`led by ${(await owner.leader()).id}`]);
    expect(program.stderr).toEqual([]);
  });

  test("of an ensemble that others share disturbs nobody", async () => {
    const shared = await acquireShared("control test", () => startEnsemble(1, { control: true }));
    try {
      await using mine = await connectTo(shared);
      const refused = { code: "ZKMS_SHARED", hint: expect.stringContaining("startEnsemble(3)") };
      await expect(mine.kill(1)).rejects.toMatchObject(refused);
      await expect(mine.peer(1).stop()).rejects.toMatchObject(refused);
      await expect(mine.network.reset({ from: 1 })).rejects.toMatchObject(refused);
      await expect(mine.reset()).rejects.toMatchObject(refused);
      const plan = await mine.nemesis.plan({ kinds: ["reset"], steps: 1 });
      await expect(plan.run()).rejects.toMatchObject(refused);
      await using space = await mine.namespace("mine");
      const zk = await space.connect();
      await zk.create("/a", "1");
      expect(await space.dump()).toEqual({ a: "1" });
      expect(await mine.sessions.expire(zk.sessionId)).toMatchObject({ id: zk.sessionId });
    } finally {
      await releaseShared("control test");
    }
  });
});

describe("a call", () => {
  test("that is aborted is aborted there too", async () => {
    let there: AbortSignal | undefined;
    const watched = new Proxy(owner, {
      get: (_, name) => {
        const found: unknown = Reflect.get(owner, name);
        if (typeof found !== "function") return found;
        return (...args: { signal?: AbortSignal }[]) => {
          if (name === "waitForNoLeader") there = args[0]?.signal;
          return Reflect.apply(found, owner, args);
        };
      },
    });
    const control = await openControl({ port: 0, token: "t" });
    control.serve({ ensemble: watched, resolve: () => [], clock: "real", waitMs: 4_000 });
    const mine = await connectEnsemble(control.url, { token: "t" });
    const controller = new AbortController();
    const waiting = mine.waitForNoLeader({ signal: controller.signal });
    const caught = expect(waiting).rejects.toThrow("enough");
    await owner.waitFor("the call", () => there !== undefined);
    controller.abort(new Error("enough"));
    await caught;
    await owner.waitFor("the abort", () => there?.aborted);
    await mine.close();
    await control.close();
  });

  test("has its events heard before it is answered", async () => {
    const heard: string[] = [];
    const listening = [
      ens.events.on("leader", ({ peer }) => heard.push(`leader ${peer}`)),
      ens.events.on("fault", ({ label, change }) => heard.push(`${label} ${change}`)),
    ];
    const { killed, leader } = await ens.killLeader();
    expect(heard).toContain(`leader ${leader?.id}`);
    await killed.start();
    const fault = await ens.partition([1], [2, 3]);
    await fault.undo();
    await fault.undo();
    expect(heard.slice(-2)).toEqual(["partition 1 | 2,3 on", "partition 1 | 2,3 off"]);
    for (const one of listening) one[dispose]();
    await ens.network.refuse({ to: 1 });
    await ens.heal();
    expect(heard.slice(-1)).toEqual(["partition 1 | 2,3 off"]);
  });

  test("after one that listens for messages has them heard", async () => {
    const zk = await ens.connect({ to: "leader" });
    const heard: string[] = [];
    const listening = ens.events.on("message", ({ message, path }) =>
      heard.push(`${message} ${path}`),
    );
    await ens.status();
    await zk.create("/told", "");
    await ens.status();
    expect(heard.filter((text) => text === "PROPOSAL /told")).toHaveLength(2);
    listening[dispose]();
    await zk.close();
  });

  test("of a hold releases what waits", async () => {
    const zk = await ens.connect({ to: "leader" });
    const hold = await ens.network.hold({ from: "leader" }, { type: "COMMIT" });
    await zk.create("/held", "");
    expect(await hold.queued()).toMatchObject([{ type: "COMMIT", zxid: expect.any(BigInt) }, {}]);
    expect(await hold.release()).toBe(2);
    await hold.undo();
    await ens.waitForConverged();
    await zk.close();
  });

  test("brings bytes, sessions and snapshots over", async () => {
    const tree = { text: "1", bytes: Uint8Array.of(255, 0) };
    await ens.seedTree(tree, "/");
    const snapshot = await ens.snapshot();
    expect(snapshot.bytes).toBe((await owner.snapshot()).bytes);
    await ens.seedTree({ later: "" });
    await ens.restore(JSON.parse(JSON.stringify(snapshot)));
    expect(await owner.dump()).toMatchObject(tree);
    expect(await ens.dump()).not.toHaveProperty("later");
    const zk = await ens.connect({ tls: true });
    const [session] = await ens.sessions.list();
    const [known] = await owner.sessions.list();
    expect({ ...session, expiresIn: 0 }).toEqual({ ...known, expiresIn: 0 });
    expect(await ens.sessions.get(zk.sessionId)).toMatchObject({ id: zk.sessionId });
    expect(await ens.sessions.get("/nobody")).toBe(undefined);
    await zk.close();
    expect((await ens.tls?.issue("me"))?.cert).toContain("BEGIN CERTIFICATE");
  });

  test("runs a plan here, over the controls there", async () => {
    const steps: NemesisStep[] = [];
    const plan = await ens.nemesis.plan({ kinds: ["isolate"], steps: 2, everyMs: 1 });
    expect(plan).toMatchObject({
      steps: (await owner.nemesis.plan({ kinds: ["isolate"], steps: 2, everyMs: 1 })).steps,
    });
    await plan.run({ onStep: (step) => steps.push(step) });
    expect(steps).toEqual(plan.steps);
    await ens.nemesis.replay(String(plan));
    expect((await owner.status()).faults).toEqual([]);
  });

  test("fails disks and waits for what follows", async () => {
    await ens.waitForConverged();
    const fault = await ens.storage.fail(1, "append", { times: Number.POSITIVE_INFINITY });
    await owner.seedTree({ written: "" });
    await ens.peer(1).waitForRole("crashed");
    await fault.undo();
    await ens.peer(1).start();
    await ens.waitForConverged();
    expect(await ens.storage.files(1)).toEqual(await owner.storage.files(1));
  });

  test("that changes who belongs changes what the handle knows", async () => {
    const other = await connectTo(owner);
    const added = await ens.addPeer({ type: "observer" });
    expect(added).toMatchObject({ id: 4, type: "observer" });
    expect(ens.peers.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    await other.status();
    expect(other.connectString).toBe(owner.connectString);
    await ens.removePeer(4);
    expect(ens.connectString).toBe(owner.connectString);
    await other.close();
  });
});
