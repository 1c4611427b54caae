import { expect, test } from "vitest";
import { formatStep, formatSteps, parseSteps } from "./fault-steps.ts";
import { investigate, tryLife } from "./hunt.ts";
import { Life, live, seedsFrom } from "./life.ts";
import { short } from "./plan.ts";
import { planted } from "./plants.ts";

test.each(seedsFrom(0, 20))("the faults of seed %s, given as text, leave the same life", (seed) => {
  const { faultSteps } = new Life({ seed, plan: short });
  const text = formatSteps(faultSteps);
  expect(live({ seed, plan: short, faultSteps: parseSteps(text) })).toEqual(
    live({ seed, plan: short }),
  );
});

test("a text that is no fault is told", () => {
  expect(() => parseSteps("120ms:earthquake:2")).toThrow('no fault step: "120ms:earthquake:2"');
});

/** The first life in which a disk that loses what it had synced shows, as the hunt for planted bugs finds it. */
function firstFailure() {
  const bug = planted["a crash takes synced entries"];
  if (bug === undefined) throw new Error("that bug is not planted any more");
  for (const seed of seedsFrom(0, bug.within)) {
    const options = { seed: `planted ${seed}`, plant: bug.make(), plan: bug.plan ?? {} };
    const outcome = tryLife(options);
    if ("violation" in outcome) return { options, outcome };
  }
  throw new Error("it does not show");
}

test("a failing life is cut down to the faults that it takes, with a command that replays it", async () => {
  const { options, outcome } = firstFailure();
  const { violation, faultSteps, drawn, trace, timelines } = await investigate(options, outcome);
  expect(violation.invariant).toBe(outcome.violation.invariant);
  expect(faultSteps.length).toBeGreaterThan(0);
  expect(faultSteps.length).toBeLessThan(drawn / 2);
  expect(violation.message).toContain(`--faults '${formatSteps(faultSteps)}'`);
  for (const left of faultSteps) {
    const others = faultSteps.filter((step) => step !== left);
    const without = tryLife({ ...options, faultSteps: others });
    expect("violation" in without && without.violation.invariant).not.toBe(violation.invariant);
  }
  expect(trace.join("\n")).toContain("starts");
  const [step] = faultSteps;
  if (step === undefined) throw new Error("no fault is left");
  for (const picture of [timelines.text, timelines.html]) {
    expect(picture).toContain("peer 1");
    expect(picture).toContain(formatStep(step));
    expect(picture).toMatch(/leads epoch \d/);
  }
});
