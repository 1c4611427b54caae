import fc from "fast-check";
import { CreateMode, State } from "node-zookeeper-client";
import { describe, expect, test } from "vitest";
import { assertHistory, check, History, type Rule } from "../../src/check/index.ts";
import type { ZooKeeperClient } from "../../src/client/index.ts";
import { PendingChanges } from "../../src/core/server/pending.ts";
import { WatchTable } from "../../src/core/tree/watches.ts";
import { type Ensemble, startEnsemble } from "../../src/index.ts";
import { NodeZookeeper } from "./node-zookeeper.ts";

/** What a client may do, on few paths, so that clients get in each other's way. */
const actions = ["create", "set", "delete", "get", "exists", "children", "sync", "multi"] as const;
type Step = readonly [action: (typeof actions)[number], path: string, version: number];

const steps = fc.array(
  fc.tuple(
    fc.constantFrom(...actions),
    fc.constantFrom("/a", "/b", "/a/x", "/a/y"),
    fc.constantFrom(-1, -1, 0, 1),
  ),
  { minLength: 5, maxLength: 25 },
);

async function act(zk: ZooKeeperClient, [action, path, version]: Step): Promise<unknown> {
  const watch = (): void => {};
  switch (action) {
    case "create": {
      const modes = ["persistent", "ephemeral", "persistentSequential"] as const;
      return zk.create(path, `${version}`, { mode: modes[version + 1] ?? "persistent" });
    }
    case "set":
      return zk.set(path, `v${version}`, { version });
    case "delete":
      return zk.delete(path, { version });
    case "get":
      return zk.get(path, { watch });
    case "exists":
      return zk.exists(path, { watch });
    case "children":
      return zk.children(path, { watch });
    case "sync":
      return zk.sync(path);
    case "multi":
      return zk.multi([
        { op: "create", path: `${path}/m-`, mode: "persistentSequential" },
        { op: "check", path, version },
      ]);
  }
}

/** By the log and without it, and also as a client shows it that shows no zxids. */
async function expectToHold(history: History, ensemble: Ensemble): Promise<void> {
  const hidden = History.parse(
    history
      .toLines()
      .replaceAll(/"(zxid|xid)":[^,}]*,?/g, "")
      .replaceAll(",}", "}"),
  );
  expect(history.events.length).toBeGreaterThan(2);
  for (const told of [history, hidden]) {
    for (const against of [ensemble, undefined]) {
      const { violations } = await check(told, against);
      expect(violations.map(({ text }) => text)).toEqual([]);
    }
  }
}

/** All at once; what fails may. */
async function run(zk: ZooKeeperClient, plan: readonly Step[]): Promise<void> {
  await Promise.allSettled(plan.map((step) => act(zk, step)));
}

describe("a history recorded from this package's client holds", () => {
  test("whatever is asked, while leaders die, networks part and sessions expire", async () => {
    await using ensemble = await startEnsemble(3);
    const faults = [
      async () => {},
      async () => {
        const { killed } = await ensemble.killLeader();
        await killed.start();
      },
      async () => {
        await using _cut = await ensemble.partition("minority", "majority");
        await ensemble.waitForQuorum();
      },
      async () => void (await ensemble.sessions.expireAll()),
      async () => void (await ensemble.network.reset({ channel: "client" })),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(steps, steps, steps),
        fc.constantFrom(...faults),
        async ([first, second, third], fault) => {
          const history = new History();
          const space = await ensemble.namespace();
          const [one, two] = await Promise.all([space.connect(), space.connect()]);
          history.record(one);
          history.record(two);
          const running = [run(one, first), run(two, second)];
          await fault();
          await Promise.all(running);
          await run(one, third);
          await Promise.all([one.close(), two.close()]);
          await expectToHold(history, ensemble);
        },
      ),
      { numRuns: 15 },
    );
  });
});

const nodeActions = {
  create: (zk: NodeZookeeper, path: string) =>
    zk.create(path, "x", CreateMode.EPHEMERAL_SEQUENTIAL),
  lasting: (zk: NodeZookeeper, path: string) => zk.create(path, "y"),
  set: (zk: NodeZookeeper, path: string, version: number) => zk.set(path, `v${version}`, version),
  remove: (zk: NodeZookeeper, path: string, version: number) => zk.remove(path, version),
  get: (zk: NodeZookeeper, path: string) => zk.get(path, () => {}),
  children: (zk: NodeZookeeper, path: string) => zk.children(path, () => {}),
} as const;
type NodeAction = keyof typeof nodeActions;
const nodeSteps = fc.array(
  fc.tuple(
    fc.constantFrom(...(Object.keys(nodeActions) as NodeAction[])),
    fc.constantFrom("/a", "/b", "/a/x"),
    fc.constantFrom(-1, 0, 1),
  ),
  { minLength: 5, maxLength: 20 },
);

test("a history of node-zookeeper-client holds, below a chroot and over a broken connection", async () => {
  await using ensemble = await startEnsemble(3);
  await fc.assert(
    fc.asyncProperty(nodeSteps, nodeSteps, fc.boolean(), async (first, second, isBelow) => {
      const history = new History();
      const act = ([action, path, version]: (typeof first)[number]): Promise<unknown> =>
        nodeActions[action](zk, isBelow ? path : `${space.path}${path}`, version);
      const space = await ensemble.namespace();
      await using zk = NodeZookeeper.create(isBelow ? space.connectString : ensemble.connectString);
      history.record(zk.client);
      const connected = zk.next(State.SYNC_CONNECTED);
      zk.client.connect();
      await connected;
      const again = zk.next(State.SYNC_CONNECTED);
      const running = Promise.allSettled(first.map(act));
      await ensemble.sessions.disconnect(zk.session);
      await Promise.all([running, again]);
      await Promise.allSettled(second.map(act));
      await expectToHold(history, ensemble);
      const calls = history.events.filter(({ type }) => type === "call");
      expect(calls.length).toBeGreaterThanOrEqual(first.length + second.length);
    }),
    { numRuns: 8 },
  );
});

describe("a bug that is planted into the server is found", () => {
  test.each<
    [Rule, string, () => () => void, (ensemble: Ensemble, zk: ZooKeeperClient) => Promise<unknown>]
  >([
    [
      "lost-update",
      "changes under way are forgotten",
      () => without(PendingChanges.prototype, "setData"),
      (_, zk) =>
        Promise.all([zk.set("/a", "one", { version: 0 }), zk.set("/a", "two", { version: 0 })]),
    ],
    [
      "watch-missed",
      "watches hear nothing",
      () => without(WatchTable.prototype, "dataChanged"),
      async (_, zk) => {
        await zk.get("/a", { watch: () => {} });
        await zk.set("/a", "two");
      },
    ],
  ])("%s: %s", async (rule, _what, plant, act) => {
    await using ensemble = await startEnsemble(1);
    const history = new History();
    const zk = history.record(await ensemble.connect());
    await zk.create("/a");
    await assertHistory(history, ensemble);
    const takeAway = plant();
    try {
      await act(ensemble, zk);
    } finally {
      takeAway();
    }
    await expect(assertHistory(history, ensemble)).rejects.toMatchObject({
      code: "ZKMS_CHECK",
      message: expect.stringContaining(rule),
    });
  });
});

/** Puts nothing in a method's place; what it returns puts the method back. */
function without<T extends object, K extends keyof T>(prototype: T, name: K): () => void {
  const own = prototype[name];
  prototype[name] = (() => {}) as T[K];
  return () => {
    prototype[name] = own;
  };
}

test("a history that is older than its log is judged from where that begins", async () => {
  await using ensemble = await startEnsemble(3, { snapCount: 20, storage: { kind: "disk" } });
  const history = new History();
  const zk = history.record(await ensemble.connect());
  const other = history.record(await ensemble.connect());
  const watch = (): void => {};
  await zk.create("/a", "old", { mode: "ephemeral" });
  for (let count = 0; count < 50; count += 1) {
    await other.get("/a", { watch });
    await zk.set("/a", `${count}`);
  }
  await ensemble.waitForConverged();
  const { from } = await ensemble.transactions();
  expect(from).toBeGreaterThan(0n);
  await zk.get("/a");
  await zk.close();
  await other.sync();
  expect(await other.exists("/a")).toBeNull();
  const shown = History.parse(history.toLines());
  expect(await check(shown, ensemble)).toMatchObject({ violations: [], ok: true });
  const hidden = shown
    .toLines()
    .replaceAll(/"(zxid|xid)":[^,}]*,?/g, "")
    .replaceAll(",}", "}");
  expect(await check(History.parse(hidden), ensemble)).toMatchObject({ violations: [], ok: true });
});

test("a client that waits for an answer is recorded from its next question on", async () => {
  await using ensemble = await startEnsemble(1);
  const zk = await ensemble.connect();
  const before = zk.create("/before");
  const history = new History();
  history.record(zk);
  await Promise.all([before, zk.create("/a", "1"), zk.get("/before")]);
  expect(history.events.map(({ type }) => type)).toEqual([
    ...["state", "call", "call", "return", "return"],
  ]);
  expect(await check(history, ensemble)).toMatchObject({ unknown: 0, violations: [] });
});

test("a history that is read again goes on with other clients", async () => {
  await using ensemble = await startEnsemble(1);
  const first = new History();
  await first.record(await ensemble.connect()).create("/a");
  const history = History.parse(first.toLines());
  await history.record(await ensemble.connect()).create("/b");
  expect(new Set(history.events.map(({ client }) => client))).toEqual(
    new Set(["client 1", "client 2"]),
  );
  expect(await check(history, ensemble)).toMatchObject({ operations: 2, violations: [] });
});

test("whatever is forged in a history is found", async () => {
  await using ensemble = await startEnsemble(1);
  const history = new History();
  const zk = history.record(await ensemble.connect());
  await run(zk, [["create", "/a", 0]]);
  await zk.create("/b", "b");
  await run(zk, [
    ["set", "/b", 0],
    ["get", "/b", 0],
    ["exists", "/b", 0],
    ["children", "/b", 0],
    ["delete", "/b", 7],
    ["multi", "/b", 1],
  ]);
  const log = await ensemble.transactions();
  expect(await check(history, log)).toMatchObject({ ok: true });
  const lines = history.toLines().trimEnd().split("\n");
  const forgeries: readonly [of: RegExp, by: string][] = [
    [/"version":\d+,"cversion"/, '"version":9,"cversion"'],
    [/"mzxid":"0x\w+"/, '"mzxid":"0x1"'],
    [/"data":"v0","stat"/, '"data":"forged","stat"'],
    [/"children":\[\]/, '"children":["ghost"]'],
    [/"error":"BADVERSION"/, '"error":"NONODE"'],
    [/"zxid":"0x\w+"/, '"zxid":"0x7fffffff"'],
    [/"path":"\/b\/m-0000000000"/, '"path":"/b/m-0000000001"'],
  ];
  let forged = 0;
  for (const [at, line] of lines.entries()) {
    if (!line.includes('"return"')) continue;
    for (const [of, by] of forgeries.filter(([pattern]) => pattern.test(line))) {
      forged += 1;
      const bent = lines.with(at, line.replace(of, by)).join("\n");
      const { ok } = await check(History.parse(bent), log);
      expect(ok ? `${line} → ${by}` : "found").toBe("found");
    }
  }
  expect(forged).toBeGreaterThan(15);
});
