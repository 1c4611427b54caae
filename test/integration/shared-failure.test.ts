import { rm } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { describeSharedFailure } from "../../src/ensemble/test-run/failure.ts";
import { describeRun } from "../../src/ensemble/test-run/shared-run.ts";
import { startEnsemble } from "../../src/index.ts";

test("a failed test tells of a shared ensemble that has lost its quorum", async () => {
  const stem = "node_modules/.zkms/a-lost-quorum";
  onTestFinished(async () => {
    for (const file of [`${stem}.html`, `${stem}.txt`]) await rm(file, { force: true });
  });
  await using ensemble = await startEnsemble(3, { control: true });
  const leader = await ensemble.leader();
  const [first, last] = await ensemble.followers();
  await ensemble.kill([leader.id, first?.id ?? 0]);
  await last?.waitForRole("looking");
  const told = await describeSharedFailure(describeRun(ensemble, {}), "a lost quorum", undefined);
  const peers = ensemble.peers.map(({ id }) => {
    return id === last?.id ? `${id} looking zxid 0x\\w+` : `${id} crashed`;
  });
  expect(told).toMatch(new RegExp(`^  peers     ${peers.join(" \\| ")}$`, "m"));
  expect(told).toContain(`${stem}.html`);
});
