import { expect, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";
import { Program } from "./program.ts";

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
