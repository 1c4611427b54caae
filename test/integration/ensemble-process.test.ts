import { expect, test, vi } from "vitest";
import { startEnsemble } from "../../src/index.ts";
import { Program } from "./program.ts";

/** All that can be faked in a worker process, queueMicrotask and performance included. */
const fakeable = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "queueMicrotask",
  "performance",
  "Date",
] as const;

test("a pending call holds the process", async () => {
  await using program = new Program(["test/integration/fixtures/pending-call.ts"]);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect([program.stdout, program.stderr]).toEqual([["ZKMS_WAIT_TIMEOUT"], []]);
});

test("an ensemble that is told to keeps the process alive until it is closed", async () => {
  await using program = new Program(["test/integration/fixtures/keeps-alive.ts"]);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect([program.stdout, program.stderr]).toEqual([["alive"], []]);
});

test("a blocked event loop costs neither the leader nor a session nor a wait", async () => {
  await using ens = await startEnsemble(3, { tickTime: 50, syncLimit: 4, minSessionTimeout: 100 });
  const zk = await ens.connect({ sessionTimeout: 300 });
  const { leader, epoch } = await ens.status();
  const created = ens.waitFor("the node", async () => "late" in (await ens.dump()), {
    timeout: 1_000,
  });
  const blockedUntil = performance.now() + 1_500;
  while (performance.now() < blockedUntil);
  await zk.create("/late", "", { mode: "ephemeral" });
  await created;
  await ens.waitForConverged();
  expect(await ens.status()).toMatchObject({ leader, epoch });
  expect((await ens.sessions.get(zk.sessionId))?.ephemerals).toEqual(["/late"]);
  await zk.close();
});

test("an ensemble runs on while the code under test has fake timers", async () => {
  vi.useFakeTimers({ toFake: [...fakeable] });
  try {
    await using ens = await startEnsemble(3, { onEvent: () => {} });
    await ens.killLeader();
    const zk = await ens.connect();
    await zk.create("/a");
    await ens.waitFor("the node", async () => "a" in (await ens.dump()));
    await zk.close();
  } finally {
    vi.useRealTimers();
  }
});
