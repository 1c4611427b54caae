// A name that is all but the right one is refused with the right one: options of calls, values, environment variables.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { connectEnsemble, type Ensemble, startEnsemble } from "../../src/index.ts";
import { readJestOptions } from "../../src/jest/options.ts";

let ens: Ensemble;
beforeAll(async () => {
  ens = await startEnsemble(1);
});
afterAll(() => ens.close());

/** As plain JavaScript calls it. */
const loosely = (value: unknown): never => value as never;

describe("what is misspelt is told with what was meant", () => {
  test.each<[string, () => unknown, string]>([
    ["a wait's option", () => ens.waitForQuorum(loosely({ timout: 1 })), "timeout"],
    ["another wait's", () => ens.waitForLeader(loosely({ nt: 1 })), "not"],
    ["a peer's wait's", () => ens.peer(1).waitForRole("leader", loosely({ sgnal: 1 })), "signal"],
    ["a feature", () => ens.supports(loosely("clok")), '"clock"'],
    ["a format", () => ens.events.timeline(loosely("htm")), '"html"'],
    ["a verdict", () => ens.network.on({ type: "COMMIT" }, loosely("rest")), '"reset"'],
    [
      "a mode",
      async () => {
        await using zk = await ens.connect();
        await zk.create("/a", "", { mode: loosely("ephemerl") });
      },
      '"ephemeral"',
    ],
    [
      "the remote's option",
      () => connectEnsemble("http://127.0.0.1:1", loosely({ tokn: "t" })),
      "token",
    ],
    ["a scope of Jest's", () => readJestOptions({ zkmsNamespace: "tests" }), '"test"'],
  ])("%s", async (_what, call, hint) => {
    await expect((async () => await call())()).rejects.toMatchObject({
      code: "ZKMS_BAD_OPTIONS",
      hint,
    });
  });

  test("a variable, wherever an ensemble is started", async () => {
    vi.stubEnv("ZKMS_SEDE", "5");
    try {
      await expect(startEnsemble(1)).rejects.toMatchObject({ hint: "ZKMS_SEED" });
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

test("a namespace's name is text", async () => {
  await expect(ens.namespace(loosely({ name: "mine" }))).rejects.toMatchObject({
    code: "ZKMS_BAD_OPTIONS",
    hint: 'namespace("mine")',
  });
});
