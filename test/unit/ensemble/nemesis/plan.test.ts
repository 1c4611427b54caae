import { describe, expect, test } from "vitest";
import type { NemesisStep } from "../../../../src/ensemble/api-nemesis.ts";
import { type Draw, drawSteps, type Field } from "../../../../src/ensemble/nemesis/draw.ts";
import { nemesisKinds as kinds } from "../../../../src/ensemble/nemesis/nemesis.ts";
import { parseSteps, printSteps } from "../../../../src/ensemble/nemesis/text.ts";

const draw: Draw = { seed: "a", kinds, everyMs: 100, steps: 40, keepQuorum: true };

const majorityOf = (count: number, observers: readonly number[] = []): Field => ({
  voters: Array.from({ length: count }, (_, index) => index + 1),
  observers,
  isQuorum: (ids) => ids.length * 2 > count,
});

describe("a plan", () => {
  test("is the same for the same seed, and another for another", () => {
    const [five, again] = [majorityOf(5), majorityOf(5)];
    expect(drawSteps(five, draw)).toEqual(drawSteps(again, draw));
    expect(drawSteps(five, { ...draw, seed: "b" })).not.toEqual(drawSteps(five, draw));
  });

  test("printed and parsed is itself, whatever is in it", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 50; seed += 1) {
      const steps = drawSteps(majorityOf(3, [4]), { ...draw, seed: String(seed) });
      for (const step of steps) seen.add(step.do);
      expect(parseSteps(printSteps(steps, "seed"))).toEqual(steps);
    }
    expect([...seen].sort()).toEqual([...kinds, "resume", "start", "undo"].sort());
  });

  test("is printed a step a line, as calls", () => {
    const steps: NemesisStep[] = [
      { no: 1, at: 80, do: "partition", sides: [[3], [1, 2]] },
      { no: 2, at: 171, do: "isolate", peer: 3, direction: "in" },
      { no: 3, at: 1204, do: "kill", peer: 2 },
      { no: 4, at: 1300, do: "undo", step: 1 },
    ];
    expect(printSteps(steps, "seed 1")).toBe(
      `${[
        "// seed 1",
        "  1     80 ms  partition([3], [1, 2])",
        '  2    171 ms  isolate(3, "in")',
        "  3   1204 ms  kill(2)",
        "  4   1300 ms  undo(1)",
      ].join("\n")}\n`,
    );
  });

  test.each([
    ["a line that is no step", "1 200 ms kill()", /line 1 of the plan: .* is no step/],
    ["an unknown verb", "1 200 ms destroy(2)", /is no step/],
    ["a step too early", "1 200 ms kill(1)\n2 100 ms start(1)", /line 2 .* is before/],
    ["a number twice", "1 200 ms kill(1)\n1 300 ms start(1)", /is a second 1/],
    ["an end of nothing", "1 200 ms kill(1)\n2 300 ms undo(1)", /ends what no step above/],
  ])("with %s is refused", (_, text, error) => {
    expect(() => parseSteps(text)).toThrow(error);
  });

  // A model of its own, peer by peer: what is up, and who reaches whom.
  test.each([
    ["3 voters", majorityOf(3)],
    ["3 voters and 2 observers", majorityOf(3, [4, 5])],
    ["5 voters", majorityOf(5)],
    ["7 voters", majorityOf(7)],
    ["a heavy voter that none can do without", { ...majorityOf(3), isQuorum: heavy }],
  ])("of %s keeps a quorum up and whole after each step, for 300 seeds", (_, field) => {
    let struck = 0;
    for (let seed = 0; seed < 300; seed += 1) {
      const model = new Model(field);
      for (const step of drawSteps(field, { ...draw, seed: `seed ${seed}` })) {
        model.take(step);
        if (!model.hasQuorum) throw new Error(`seed ${seed}, step ${step.no}: no quorum`);
        if (step.do === "kill") struck += 1;
      }
      expect(model.isWhole).toBe(true);
    }
    expect(struck).toBeGreaterThan(300);
  });

  test("that need not keep a quorum takes it away at times, and is whole at its end", () => {
    let without = 0;
    for (let seed = 0; seed < 50; seed += 1) {
      const model = new Model(majorityOf(3));
      const steps = drawSteps(majorityOf(3), { ...draw, seed: String(seed), keepQuorum: false });
      for (const step of steps) {
        model.take(step);
        if (!model.hasQuorum) without += 1;
      }
      expect(model.isWhole).toBe(true);
    }
    expect(without).toBeGreaterThan(50);
  });

  test("of kinds that cannot befall these peers has no step", () => {
    expect(drawSteps(majorityOf(1), { ...draw, kinds: ["kill", "partition"] })).toEqual([]);
  });
});

const heavy = (ids: readonly number[]): boolean => ids.includes(1) && ids.length > 1;

class Model {
  readonly #field: Field;
  readonly #down = new Set<number>();
  readonly #faults = new Map<number, NemesisStep>();

  constructor(field: Field) {
    this.#field = field;
  }

  take(step: NemesisStep): void {
    switch (step.do) {
      case "kill":
      case "stop":
      case "pause":
        expect(this.#down.has(step.peer)).toBe(false);
        this.#down.add(step.peer);
        return;
      case "start":
      case "resume":
        this.#down.delete(step.peer);
        return;
      case "undo":
        expect(this.#faults.delete(step.step)).toBe(true);
        return;
      case "reset":
      case "disconnect":
        return;
      default:
        this.#faults.set(step.no, step);
    }
  }

  get isWhole(): boolean {
    return this.#down.size === 0 && this.#faults.size === 0;
  }

  /** Of all the voters' sets, one is a quorum, runs, and reaches itself. */
  get hasQuorum(): boolean {
    const { voters, isQuorum } = this.#field;
    for (let mask = 1; mask < 2 ** voters.length; mask += 1) {
      const set = voters.filter((_, index) => (mask >> index) % 2 === 1);
      const isUp = set.every((id) => !this.#down.has(id));
      if (isUp && isQuorum(set) && set.every((id) => set.every((to) => this.#reaches(id, to)))) {
        return true;
      }
    }
    return false;
  }

  #reaches(from: number, to: number): boolean {
    if (from === to) return true;
    return [...this.#faults.values()].every((fault) => {
      if (fault.do === "partition") {
        return fault.sides.some((side) => side.includes(from) && side.includes(to));
      }
      if (fault.do !== "isolate") return true;
      const [isIn, isOut] = [fault.direction !== "out", fault.direction !== "in"];
      return !(isIn && to === fault.peer) && !(isOut && from === fault.peer);
    });
  }
}
