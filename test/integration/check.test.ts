import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check, History } from "../../src/check/index.ts";
import type { ZooKeeperClient } from "../../src/client/index.ts";
import { startEnsemble } from "../../src/index.ts";

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
          const [one, two] = await Promise.all([ensemble.connect(), ensemble.connect()]);
          history.record(one);
          history.record(two);
          const running = [run(one, first), run(two, second)];
          await fault();
          await Promise.all(running);
          await run(one, third);
          await Promise.all([one.close(), two.close()]);
          const { violations, operations } = await check(history, ensemble);
          expect(violations.map(({ text }) => text)).toEqual([]);
          expect(operations).toBeGreaterThan(0);
        },
      ),
      { numRuns: 15 },
    );
  });
});
