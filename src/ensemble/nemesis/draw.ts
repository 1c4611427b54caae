import { Prng } from "../../core/base/prng.ts";
import type { PeerId } from "../api-controls.ts";
import type { NemesisAction, NemesisKind, NemesisStep } from "../api-nemesis.ts";

/** Whom a plan is drawn for. */
export interface Field {
  readonly voters: readonly PeerId[];
  readonly observers: readonly PeerId[];
  isQuorum(ids: readonly PeerId[]): boolean;
}
export interface Draw {
  readonly seed: string;
  readonly kinds: readonly NemesisKind[];
  readonly everyMs: number;
  readonly steps: number;
  readonly keepQuorum: boolean;
}
/** What lasts, and the step that ends it. */
interface Lasting {
  readonly action: NemesisAction;
  readonly end: NemesisAction;
}

/** More at once only hide each other. */
const lastingMax = 3;
/** How often a fault is drawn anew that may not be; then something that lasts ends instead. */
const attemptsMax = 8;

/** Pure: the same arguments give the same steps. */
export function drawSteps(field: Field, draw: Draw): NemesisStep[] {
  const { kinds, everyMs, keepQuorum } = draw;
  const prng = new Prng(draw.seed).split("nemesis");
  const steps: NemesisStep[] = [];
  let lasting: readonly Lasting[] = [];
  let at = 0;
  const take = (action: NemesisAction): void => {
    at += Math.max(1, Math.round(everyMs * (0.5 + prng.float())));
    const no = steps.length + 1;
    steps.push({ no, at, ...action });
    const end = endOf(action, no);
    if (end !== undefined) lasting = [...lasting, { action, end }];
  };
  const end = (one: Lasting): void => {
    lasting = lasting.filter((other) => other !== one);
    take(one.end);
  };
  const drawn = (): NemesisAction | undefined => {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const action = drawAction(prng, prng.pick(kinds), field, lasting);
      if (action === undefined) continue;
      if (!keepQuorum || leavesQuorum(field, [...lasting.map((one) => one.action), action])) {
        return action;
      }
    }
    return undefined;
  };
  while (steps.length < draw.steps) {
    const isEnough = lasting.length === lastingMax || (lasting.length > 0 && prng.chance(0.4));
    const action = isEnough ? undefined : drawn();
    if (action !== undefined) take(action);
    else if (lasting.length > 0) end(prng.pick(lasting));
    else break; // of these kinds nothing may befall these peers
  }
  for (const one of lasting) end(one);
  return steps;
}

function endOf(action: NemesisAction, no: number): NemesisAction | undefined {
  switch (action.do) {
    case "kill":
    case "stop":
      return { do: "start", peer: action.peer };
    case "pause":
      return { do: "resume", peer: action.peer };
    case "partition":
    case "isolate":
    case "slow":
    case "skew":
    case "slowDisk":
      return { do: "undo", step: no };
    default:
      return undefined;
  }
}

/** Nothing befalls a peer twice at a time, nor one that is down; undefined where nobody is left. */
function drawAction(
  prng: Prng,
  kind: NemesisKind,
  { voters, observers }: Field,
  lasting: readonly Lasting[],
): NemesisAction | undefined {
  const all = [...voters, ...observers];
  const struck = new Set(
    lasting.flatMap(({ action }) =>
      "peer" in action && (isDown(action) || action.do === kind) ? [action.peer] : [],
    ),
  );
  const free = all.filter((id) => !struck.has(id));
  if (free.length === 0) return undefined;
  const peer = prng.pick(free);
  switch (kind) {
    case "kill":
    case "stop":
    case "pause":
    case "reset":
    case "disconnect":
      return { do: kind, peer };
    case "partition": {
      const side = all.filter(() => prng.chance(0.5));
      const other = all.filter((id) => !side.includes(id));
      const isOne = side.length === 0 || other.length === 0;
      return isOne ? undefined : { do: kind, sides: [side, other] };
    }
    case "isolate": {
      const direction = prng.pick(["both", "both", "in", "out"] as const);
      return all.length === 1 ? undefined : { do: kind, peer, direction };
    }
    case "slow":
    case "slowDisk":
      return { do: kind, peer, ms: prng.between(1, 50) };
    case "skew":
      return { do: kind, peer, ms: prng.between(1, 60_000) * (prng.chance(0.5) ? 1 : -1) };
  }
}

const isDown = (action: NemesisAction): boolean =>
  action.do === "kill" || action.do === "stop" || action.do === "pause";

/**
 * Whether, while all of this lasts, a quorum runs and is whole. Who is on the same side of every partition, and not isolated, is
 * connected, so the peers fall into groups, and one of them must be a quorum.
 */
function leavesQuorum({ voters, isQuorum }: Field, actions: readonly NemesisAction[]): boolean {
  const groups = new Map<string, PeerId[]>();
  for (const id of voters) {
    const own = actions.filter((action) => "peer" in action && action.peer === id);
    if (own.some(isDown)) continue;
    const sides = actions.flatMap((action) =>
      action.do === "partition" ? [action.sides.findIndex((side) => side.includes(id))] : [],
    );
    const isolated = own.some((action) => action.do === "isolate") ? id : 0;
    const group = [...sides, isolated].join();
    groups.set(group, [...(groups.get(group) ?? []), id]);
  }
  return [...groups.values()].some((group) => isQuorum(group));
}
