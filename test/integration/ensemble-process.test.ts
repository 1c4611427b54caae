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
  await using ens = await startEnsemble(3, { tickTime: 50, syncLimit: 4 });
  const zk = await ens.connect({ sessionTimeout: 800 });
  await zk.create("/mine", "", { mode: "ephemeral" });
  const { leader, epoch } = await ens.status();
  let isOver = false;
  const over = ens.waitFor("the end of the block", () => isOver, { timeout: 1_000 });
  const blockedUntil = performance.now() + 2_000;
  while (performance.now() < blockedUntil);
  isOver = true;
  await over;
  await ens.waitForQuorum();
  expect(await ens.status()).toMatchObject({ leader, epoch });
  expect((await ens.sessions.get("/mine"))?.id).toBe(zk.sessionId);
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
