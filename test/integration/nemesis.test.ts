import { describe, expect, test } from "vitest";
import type { NemesisStep } from "../../src/ensemble/api-nemesis.ts";
import { acquireShared, releaseShared } from "../../src/ensemble/shared.ts";
import { startEnsemble } from "../../src/index.ts";
import { Load } from "../mixed/load.ts";

describe("nemesis", () => {
  test("a plan runs under load, and no acknowledged write is lost on any peer", async () => {
    await using ens = await startEnsemble(3, { seed: 7 });
    await using load = await Load.begin(ens.connectString, 3);
    const plan = await ens.nemesis.plan({ steps: 12, everyMs: 60 });
    await plan.run();
    expect((await ens.status()).faults).toEqual([]);
    await ens.waitForQuorum();
    const before = load.progress;
    await ens.waitFor("every writer goes on", () =>
      load.progress.every((count, index) => count > (before[index] ?? 0)),
    );
    await load.pause();
    await ens.waitForConverged();
    for (const peer of ens.peers) expect(await load.faultsOn(peer.address)).toEqual([]);
    expect(load.figures.acknowledged).toBeGreaterThan(3);
  });

  test("a printed plan replays the same faults, step by step, and time may be moved by hand", async () => {
    const told = async (act: (onStep: (step: NemesisStep) => void) => Promise<void>) => {
      const steps: NemesisStep[] = [];
      await act((step) => steps.push(step));
      return steps;
    };
    await using ens = await startEnsemble(3, { clock: "manual", seed: "hand" });
    const plan = await ens.nemesis.plan({ kinds: ["partition", "kill", "slow"], steps: 6 });
    const labels = async (): Promise<string[]> =>
      (await ens.events.history({ type: "fault" })).flatMap((event) =>
        event.type === "fault" ? [`${event.change} ${event.label}`] : [],
      );
    const first = await told((onStep) => plan.run({ onStep }));
    const faults = await labels();
    const second = await told((onStep) => ens.nemesis.replay(String(plan), { onStep }));
    expect(first).toEqual(plan.steps);
    expect(second).toEqual(plan.steps);
    expect(await labels()).toEqual([...faults, ...faults]);
  });

  test("the ensemble's seed draws the same plan again", async () => {
    await using one = await startEnsemble(3, { seed: 1 });
    await using other = await startEnsemble(3, { seed: 1 });
    const text = String(await one.nemesis.plan());
    expect(String(await other.nemesis.plan())).toBe(text);
    expect(String(await other.nemesis.plan({ seed: 2 }))).not.toBe(text);
  });

  test("a run that is called off ends the faults that it began", async () => {
    await using ens = await startEnsemble(3, { clock: "manual" });
    const controller = new AbortController();
    const running = ens.nemesis.replay("1 10 ms partition([1], [2, 3])\n2 5000 ms kill(1)", {
      signal: controller.signal,
      onStep: () => controller.abort(new Error("enough")),
    });
    await expect(running).rejects.toThrow("enough");
    const { faults, peers } = await ens.status();
    expect(faults).toEqual([]);
    expect(peers.map(({ role }) => role)).not.toContain("crashed");
  });

  test("a run that is called off brings back who is down or paused", async () => {
    await using ens = await startEnsemble(3);
    const controller = new AbortController();
    const running = ens.nemesis.replay("1 1 ms kill(1)\n2 2 ms pause(2)\n3 60000 ms kill(3)", {
      signal: controller.signal,
      onStep: ({ no }) => (no === 2 ? controller.abort(new Error("enough")) : undefined),
    });
    await expect(running).rejects.toThrow("enough");
    const { peers } = await ens.status();
    expect(peers.map(({ role }) => role).sort()).toEqual(["follower", "follower", "leader"]);
  });

  test("an ensemble that others share refuses it, and so do kinds that make no sense", async () => {
    const shared = await acquireShared("nemesis test", () => startEnsemble(1));
    try {
      const plan = await shared.nemesis.plan({ kinds: ["reset"], steps: 1 });
      await expect(plan.run()).rejects.toMatchObject({ code: "ZKMS_SHARED" });
      const asked = shared.nemesis.plan({ kinds: ["kil" as "kill"] });
      await expect(asked).rejects.toThrow('try     kinds: "kill"');
    } finally {
      await releaseShared("nemesis test");
    }
  });
});
