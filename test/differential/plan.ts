// What is done to both engines: drawn from a seed alone, so that a difference can be played again.
import type { Prng } from "../../src/core/base/prng.ts";
import { OpCode } from "../../src/core/protocol/op-codes.ts";
import type { MultiElement } from "../../src/core/protocol/requests.ts";
import { createModeOf } from "../../src/core/server/write-ops.ts";
import { type Ask, by, create } from "../conformance/requests.ts";
import { decoded } from "./decoded.ts";
import { Drawing } from "./draw.ts";

/** One session acts while the others only listen, but for storms: what each hears is then the same every time. */
export type Turn = { readonly by: string; readonly number: number } & (
  | { readonly kind: "ask"; readonly asks: readonly Ask[] }
  /** The socket breaks and the session goes on over a new one, perhaps at another server; with a wrong password it does not. */
  | { readonly kind: "reconnect"; readonly to: number; readonly knowsPassword: boolean }
  /** The session ends, with a few requests before its end, and another begins. */
  | {
      readonly kind: "renew";
      readonly asks: readonly Ask[];
      readonly to: number;
      readonly timeout: number;
    }
  /** One more session asks, falls silent and expires. */
  | { readonly kind: "expire"; readonly asks: readonly Ask[]; readonly to: number }
  /** All ask at once, each in a folder of its own. */
  | { readonly kind: "storm"; readonly asks: readonly Ask[] }
);

export const actors = ["a", "b", "c"] as const;

export interface PlanOptions {
  readonly operations: number;
  /** Nobody but this fuzzer uses the servers, so the root can be compared too. */
  readonly ownsServers: boolean;
}

/** As many requests, in turns of a few that leave in one go. */
export function planOf(prng: Prng, options: PlanOptions): Turn[] {
  // Quotas are held by what is applied, so what stands in a pipeline passes them or not as it happens: a seed has one or the other.
  const pipelines = prng.chance(0.6);
  const { ownsServers, operations } = options;
  const drawing = new Drawing(prng, { ownsServers, quotas: !pipelines });
  const lengths = pipelines ? [1, 1, 1, 2, 3, 5, 8, 20] : [1];
  const turns: Turn[] = [];
  const add = (turn: Unnumbered): void => {
    turns.push({ ...turn, number: turns.length + 1 });
  };
  for (let left = operations; left > 0; ) {
    const who = prng.pick(actors);
    const to = prng.below(actors.length);
    const other = prng.float();
    if (other < 0.012) {
      add({ by: who, kind: "reconnect", to, knowsPassword: other < 0.01 });
    } else if (other < 0.022) {
      const asks = pipelines ? inLine(drawing, prng.below(4)) : [];
      add({ by: who, kind: "renew", asks, to, timeout: prng.pick([20_000, 30_000, 90_000]) });
      left -= asks.length + 1;
    } else if (other < 0.0225) {
      const asks = Array.from({ length: pipelines ? 3 : 1 }, () =>
        create(drawing.path(), { flags: 1 }),
      );
      add({ by: "d", kind: "expire", asks, to });
      left -= asks.length;
    } else if (other < 0.026) {
      const calm = new Drawing(prng, { ownsServers: false, quotas: false });
      const asks = actors.flatMap((name) =>
        inLine(calm, stormLength)
          .filter(isOwnAffair)
          .map((ask) => by(name, ask)),
      );
      add({ by: "everybody", kind: "storm", asks });
      left -= asks.length;
    } else {
      const asks = Array.from({ length: Math.min(left, prng.pick(lengths)) }, () => drawing.ask());
      left -= asks.length;
      for (const together of pipelinesOf(asks)) add({ by: who, kind: "ask", asks: together });
    }
  }
  return turns;
}

type Unnumbered = Turn extends infer T ? (T extends Turn ? Omit<T, "number"> : never) : never;

/** Requests that may all be on their way at once. */
function inLine(drawing: Drawing, count: number): readonly Ask[] {
  return Array.from({ length: count }, () => drawing.ask()).filter(
    (ask) => !standsAlone(ask) && !standsLast(ask),
  );
}

function* pipelinesOf(asks: readonly Ask[]): Generator<readonly Ask[]> {
  let together: Ask[] = [];
  for (const ask of asks) {
    const alone = standsAlone(ask);
    if (alone && together.length > 0) {
      yield together;
      together = [];
    }
    together.push(ask);
    if (!alone && !standsLast(ask)) continue;
    yield together;
    together = [];
  }
  if (together.length > 0) yield together;
}

const stormLength = 40;
const othersToo: readonly number[] = [OpCode.checkWatches, OpCode.setWatches, OpCode.setWatches2];

/** Whatever other sessions do meanwhile: not what 3.8 says of anybody's watches, and not what a zxid tells from another. */
const isOwnAffair = ({ type }: Ask): boolean => !othersToo.includes(type);

/** An auth packet overtakes what is under way, so its answer has no fixed place among others. */
const standsAlone = ({ type, until }: Ask): boolean =>
  type === OpCode.auth || type === OpCode.sasl || until === "close";

/**
 * Apache judges what is piped behind a setACL by the old list or by the new one, as it happens. So it does with what a multi did
 * before an exception of Java's ended it, until it is through, and with a container that was asked for as an ephemeral.
 */
function standsLast(ask: Ask): boolean {
  const request = decoded(ask);
  switch (request?.type) {
    case OpCode.setAcl:
      return true;
    case OpCode.createContainer:
      return createModeOf(request.body.flags)?.ephemeral === true;
    case OpCode.multi:
      return request.body.elements.some(stumbles);
    default:
      return false;
  }
}

/** A plain create of a TTL node, or an id that is null. */
function stumbles({ type, body }: MultiElement): boolean {
  if (!("acl" in body)) return false;
  const isTtl = type !== OpCode.createTtl && createModeOf(body.flags)?.ttl === true;
  return isTtl || body.acl?.some(({ id }) => id === null) === true;
}

/** The least that can be left out: one of the requests that leave together, or another turn. */
export interface Step {
  /** "17", or "17.2" for the second request of the turn. */
  readonly name: string;
  readonly turn: Turn;
  readonly asks: readonly Ask[];
}

export const stepsOf = (turns: readonly Turn[]): Step[] =>
  turns.flatMap((turn): Step[] => {
    if (turn.kind !== "ask") return [{ name: String(turn.number), turn, asks: [] }];
    return turn.asks.map((ask, at) => ({ name: `${turn.number}.${at + 1}`, turn, asks: [ask] }));
  });

/** What stood together still does. */
export function turnsOf(steps: readonly Step[]): Turn[] {
  const turns: Turn[] = [];
  for (const { turn, asks } of steps) {
    const last = turns.at(-1);
    if (turn.kind !== "ask") turns.push(turn);
    else if (last?.kind !== "ask" || last.number !== turn.number) turns.push({ ...turn, asks });
    else turns[turns.length - 1] = { ...last, asks: [...last.asks, ...asks] };
  }
  return turns;
}
