import { rm } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { describeFailure, describeSharedFailure } from "../../src/ensemble/test-run/failure.ts";
import { openNamespace } from "../../src/ensemble/test-run/shared-namespace.ts";
import { describeRun } from "../../src/ensemble/test-run/shared-run.ts";
import { startEnsemble } from "../../src/index.ts";

test("a failed test tells of a shared ensemble that has lost its quorum", async () => {
  const stem = timelineOf("a-lost-quorum");
  await using ensemble = await startEnsemble(3, { control: true });
  const leader = await ensemble.leader();
  const [first, last] = await ensemble.followers();
  await ensemble.kill([leader.id, first?.id ?? 0]);
  await last?.waitForRole("looking");
  const told = await describeSharedFailure(describeRun(ensemble, {}), "a lost quorum", undefined);
  const peers = ensemble.peers.map(({ id }) => {
    return id === last?.id ? `${id} looking zxid 0x\\w+` : `${id} crashed`;
  });
  expect(told).toMatch(new RegExp(`^  peers     ${peers.join("\n            ")}$`, "m"));
  expect(told).toContain(`${stem}.html`);
});

test("a failed test asks nobody for its namespace when all peers are down", async () => {
  timelineOf("nobody-is-up");
  await using ensemble = await startEnsemble(3);
  const namespace = await openNamespace(describeRun(ensemble, {}), "nobody is up");
  const up = await describeFailure(ensemble, "nobody is up", namespace);
  expect(up).toMatch(/^ {2}tree {6}\/nobody-is-up-\w{8}, which is empty$/m);
  await ensemble.kill("all");
  const told = await describeFailure(ensemble, "nobody is up", namespace);
  expect(told).toMatch(/^ {2}peers {5}1 crashed\n {12}2 crashed\n {12}3 crashed\n {2}replay /m);
});

/** Where a failure's timeline is written, until the test is over. */
function timelineOf(name: string): string {
  const stem = `node_modules/.zkms/${name}`;
  onTestFinished(async () => {
    for (const file of [`${stem}.html`, `${stem}.txt`]) await rm(file, { force: true });
  });
  return stem;
}
