// One seed on both engines, and where they part.
import { Prng } from "../../src/core/base/prng.ts";
import { opName } from "../../src/core/protocol/op-codes.ts";
import type { Server } from "../conformance/raw-client.ts";
import { bodyOf } from "../conformance/requests.ts";
import { type PlanOptions, planOf, type Turn } from "./plan.ts";
import { play, type Told } from "./play.ts";

export interface Comparison extends PlanOptions {
  readonly seed: string;
  readonly ours: readonly Server[];
  readonly apaches: readonly Server[];
}

/** undefined: no difference. */
export async function differenceOf(comparison: Comparison): Promise<string | undefined> {
  const { seed } = comparison;
  const turns = planOf(new Prng(seed), comparison);
  const rest = { folder: `/differential-${seed}`, turns, ownsServers: comparison.ownsServers };
  const [ours, apaches] = await Promise.all([
    play({ servers: comparison.ours, ...rest }),
    play({ servers: comparison.apaches, ...rest }),
  ]);
  const at = ours.findIndex((lines, index) => !isSame(lines, apaches[index] ?? []));
  if (at < 0) return undefined;
  return [
    `seed ${seed}, turn ${at + 1} of ${turns.length}: ${describe(turns[at])}`,
    ...diff(ours[at] ?? [], apaches[at] ?? []),
  ].join("\n");
}

const isSame = (left: Told, right: Told): boolean =>
  left.length === right.length && left.every((line, index) => line === right[index]);

function describe(turn: Turn | undefined): string {
  if (turn === undefined) return "the tree at the end";
  if (turn.kind !== "ask") return `${turn.by} does ${turn.kind}`;
  const asks = turn.asks.map((ask) => {
    const body = bodyOf(ask, { base: 0, path: (path) => path });
    const text = Buffer.from(body)
      .toString("latin1")
      .replaceAll(/[^\x20-\x7e]+/g, "·");
    return `\n    ${opName(ask.type)} ${text}`;
  });
  return `${turn.by} asks${asks.join("")}`;
}

function diff(ours: Told, apaches: Told): string[] {
  const length = Math.max(ours.length, apaches.length);
  return Array.from({ length }, (_, index) => {
    const [our, apache] = [ours[index], apaches[index]];
    if (our === apache) return `  both    ${our}`;
    return `  ours    ${our ?? "-"}\n  apache  ${apache ?? "-"}`;
  });
}
