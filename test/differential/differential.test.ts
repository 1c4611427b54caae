import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEnsemble } from "../../src/index.ts";
import { startApache } from "../conformance/apache-setup.ts";
import { oursAs } from "../conformance/settings.ts";
import { differenceOf } from "./compare.ts";

/** A taste of `npm run fuzz:differential`, other seeds than its first ones. */
const seeds = ["ci-1", "ci-2", "ci-3"];
const operations = 2000;

// Servers of its own: on those of the stories a session or a container that one left behind may end meanwhile, and take a zxid.
let apache: Awaited<ReturnType<typeof startApache>>;
beforeAll(async () => {
  apache = await startApache();
});
afterAll(() => apache.close());

describe.each([1, 3])("random operations on %i peers", (count) => {
  test.each(seeds)("leave no difference to Apache, seed %s", async (seed) => {
    const { alone, three } = apache.target;
    await using ensemble = await startEnsemble(count, oursAs("3.8"));
    const leader = await ensemble.leader();
    const ours = [leader, ...ensemble.peers.filter((peer) => peer.id !== leader.id)];
    const apaches = count === 1 ? [alone] : three;
    const comparison = { seed, operations, ownsServers: false, ours, apaches };
    expect(await differenceOf(comparison)).toBe(undefined);
  });
});
