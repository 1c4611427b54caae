import { expect, inject, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";
import { oursAs } from "../conformance/settings.ts";
import { differenceOf } from "./compare.ts";

/** A taste of `npm run fuzz:differential`, other seeds than its first ones. */
const seeds = ["ci-1", "ci-2", "ci-3"];
const operations = 600;

test.each([1, 3])("random operations leave no difference to Apache on %i peers", async (count) => {
  const { alone, three } = inject("apache");
  await using ensemble = await startEnsemble(count, oursAs("3.8"));
  const leader = await ensemble.leader();
  const ours = [leader, ...ensemble.peers.filter((peer) => peer.id !== leader.id)];
  const apaches = count === 1 ? [alone] : three;
  for (const seed of seeds) {
    const comparison = { seed, operations, ownsServers: false, ours, apaches };
    expect(await differenceOf(comparison)).toBe(undefined);
  }
});
