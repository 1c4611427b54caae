// One plan on both engines, and where they part.
import { Prng } from "../../src/core/base/prng.ts";
import { opName } from "../../src/core/protocol/op-codes.ts";
import type { Server } from "../conformance/raw-client.ts";
import { type Ask, bodyOf } from "../conformance/requests.ts";
import { decoded } from "./decoded.ts";
import { type PlanOptions, planOf, type Step, stepsOf, type Turn, turnsOf } from "./plan.ts";
import { gone, play, type Told } from "./play.ts";
import { shrunk } from "./shrink.ts";

/** The same number of servers each. */
export interface Engines {
  readonly ours: readonly Server[];
  readonly apaches: readonly Server[];
}

export interface Comparison extends PlanOptions, Engines {
  readonly seed: string;
  /** Plays these steps alone. */
  readonly only?: ReadonlySet<string> | undefined;
}

export interface Difference {
  /** What each engine said, and where. */
  readonly text: string;
  /** The names of the steps that it takes, as far as they could be found; empty when it did not come again. */
  readonly steps: readonly string[];
  /** A server died of it: there is no going on. */
  readonly isEnd: boolean;
}

/** undefined: no difference. */
export async function differenceOf(comparison: Comparison): Promise<Difference | undefined> {
  const { seed, only, ours } = comparison;
  const plan = stepsOf(planOf(new Prng(`${seed} on ${ours.length}`), comparison));
  const steps = only === undefined ? plan : plan.filter(({ name }) => only.has(name));
  let count = 0;
  const part = (some: readonly Step[]): Promise<Parting | undefined> => {
    count += 1;
    return partingOf(comparison, turnsOf(some), `/differential-${seed}-${count}`);
  };
  const first = await part(steps);
  if (first === undefined) return undefined;
  const { turn: last } = first;
  if (hasGone(first)) {
    return { text: describe(turnsOf(steps), first, false), steps: [], isEnd: true };
  }
  const needed = steps.slice(0, steps.findLastIndex(({ turn }) => turn.number === last) + 1);
  const fewer = await shrunk(last === undefined ? steps : needed, async (some) => {
    const parting = await part(some);
    return parting !== undefined && !hasGone(parting);
  });
  const again = await part(fewer);
  return {
    text: describe(turnsOf(fewer), again ?? first, again !== undefined),
    steps: again === undefined ? [] : fewer.map(({ name }) => name),
    isEnd: false,
  };
}

/** Where the engines part for the first time. */
interface Parting {
  /** The number of the turn; undefined: the tree at the end. */
  readonly turn: number | undefined;
  readonly ours: Told;
  readonly apaches: Told;
}

async function partingOf(
  { ours, apaches, ownsServers }: Comparison,
  turns: readonly Turn[],
  folder: string,
): Promise<Parting | undefined> {
  const [left, right] = await Promise.all([
    play({ servers: ours, folder, turns, ownsServers }),
    play({ servers: apaches, folder, turns, ownsServers }),
  ]);
  const at = left.findIndex((lines, index) => !isSame(lines, right[index] ?? []));
  if (at < 0) return undefined;
  return { turn: turns[at]?.number, ours: left[at] ?? [], apaches: right[at] ?? [] };
}

const hasGone = ({ ours, apaches }: Parting): boolean => ours[0] === gone || apaches[0] === gone;

const isSame = (left: Told, right: Told): boolean =>
  left.length === right.length && left.every((line, index) => line === right[index]);

const turnsShown = 12;

function describe(turns: readonly Turn[], parting: Parting, again: boolean): string {
  const at = turns.findIndex(({ number }) => number === parting.turn);
  const length = Math.max(parting.ours.length, parting.apaches.length);
  const lines = Array.from({ length }, (_, index) => {
    const [our, apache] = [parting.ours[index], parting.apaches[index]];
    if (our === apache) return `  both    ${our}`;
    return `  ours    ${our ?? "-"}\n  apache  ${apache ?? "-"}`;
  });
  const shown = at < 0 ? turns : turns.slice(0, at + 1);
  return [
    again ? `it takes ${turns.length} turns:` : "it did not come again; what led to it:",
    ...(again ? shown : shown.slice(-turnsShown)).map(turnText),
    ...(at < 0 ? ["  the tree at the end, where it is not the same:"] : []),
    ...(at < 0 ? lines.filter((line) => !line.startsWith("  both")) : lines),
  ].join("\n");
}

function turnText(turn: Turn): string {
  const { by, kind, number } = turn;
  const head = `  ${number}. ${by} ${kind}`;
  if (kind === "ask" || kind === "storm") return head + turn.asks.map(askText).join("");
  if (kind === "reconnect") return `${head} at ${turn.to}${turn.knowsPassword ? "" : ", wrongly"}`;
  return `${head} at ${turn.to}${turn.asks.map(askText).join("")}`;
}

const textMax = 500;

function askText(ask: Ask): string {
  const request = decoded(ask);
  const text =
    request === undefined
      ? Buffer.from(bodyOf(ask, { base: 0, path: (path) => path })).toString("hex")
      : JSON.stringify(request.body, shortened);
  return `\n       ${opName(ask.type)} ${text.slice(0, textMax)}`;
}

/** JSON.stringify has seen to buffers before it asks. */
function shortened(_key: string, value: unknown): unknown {
  const isBuffer = typeof value === "object" && value !== null && "data" in value;
  return isBuffer && Array.isArray(value.data) && "type" in value && value.type === "Buffer"
    ? `${value.data.length} bytes`
    : value;
}
