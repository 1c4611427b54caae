import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { playRounds } from "./rounds.ts";
import type { Kind } from "./server.ts";

const rounds = 15;

const boxes: readonly (readonly Kind[])[] = [
  ["ours", "apache", "ours"],
  ["apache", "ours", "apache"],
];

test.each(boxes)(
  "%s, %s and %s, killed at random, lose nothing that they acknowledged",
  async (...kinds) => {
    const seed = randomBytes(4).toString("hex");
    const lines: string[] = [];
    const say = (text: string): void => void lines.push(text);
    const story = (): string => `seed ${seed}, ${kinds.join(",")}\n${lines.join("\n")}`;
    const outcome = await playRounds({ seed, rounds, kinds, say }).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${story()}\n${why}`, { cause: error });
    });
    console.log(`seed ${seed}: ${JSON.stringify(outcome)}`);
    expect(outcome.faults, story()).toEqual([]);
    expect(outcome.rounds).toBe(rounds);
  },
);
