import type { Sid } from "../base/ids.ts";
import type { Channel, Endpoint, Link, Message, MessageType } from "./link.ts";

/** Links by their ends; a missing part matches all. */
export interface LinkPattern {
  readonly from?: readonly Endpoint[] | undefined;
  readonly to?: readonly Endpoint[] | undefined;
  readonly channel?: Channel | undefined;
  /** The links the other way round too. */
  readonly bothWays: boolean;
}

/** Messages by what is in them; a missing part matches all. */
export interface MessagePattern {
  readonly types?: readonly MessageType[] | undefined;
  readonly path?: string | undefined;
  readonly session?: bigint | undefined;
}

export function matchesLink(pattern: LinkPattern, link: Link): boolean {
  if (pattern.channel !== undefined && pattern.channel !== link.channel) return false;
  return (
    (has(pattern.from, link.from) && has(pattern.to, link.to)) ||
    (pattern.bothWays && has(pattern.from, link.to) && has(pattern.to, link.from))
  );
}

/** Whether a connection, given by one of its directions, has a direction that matches. */
export function touches(patterns: readonly LinkPattern[], link: Link): boolean {
  const back = { from: link.to, to: link.from, channel: link.channel };
  return patterns.some((pattern) => matchesLink(pattern, link) || matchesLink(pattern, back));
}

export function matchesMessage(pattern: MessagePattern, message: Message): boolean {
  return (
    (pattern.types === undefined || pattern.types.includes(message.type)) &&
    (pattern.path === undefined || pattern.path === message.path) &&
    (pattern.session === undefined || BigInt.asIntN(64, pattern.session) === message.session)
  );
}

function has(ends: readonly Endpoint[] | undefined, end: Endpoint): boolean {
  return ends === undefined || ends.includes(end);
}

/** Whom the public API names by role; resolved to peers when the call is made. */
export type TargetName = "leader" | "followers" | "observers" | "minority" | "majority" | "all";

/** What resolving a target's name needs to know of an ensemble. */
export interface Membership {
  readonly voters: readonly Sid[];
  readonly observers: readonly Sid[];
  readonly leader: Sid | undefined;
  isQuorum(sids: ReadonlySet<Sid>): boolean;
}

/** The peers that a name stands for, ascending; "leader" is nobody while there is none. */
export function resolveTarget(name: TargetName, ensemble: Membership): readonly Sid[] {
  const { voters, observers, leader } = ensemble;
  switch (name) {
    case "leader":
      return leader === undefined ? [] : [leader];
    case "followers":
      return voters.filter((sid) => sid !== leader);
    case "observers":
      return observers;
    case "all":
      return [...voters, ...observers];
    case "minority":
      return minority(ensemble);
    case "majority": {
      const outside = minority(ensemble);
      return voters.filter((sid) => !outside.includes(sid));
    }
  }
}

/** The highest-numbered voters that the others can do without: never the leader, never so many that no quorum is left. */
function minority(ensemble: Membership): readonly Sid[] {
  const rest = new Set(ensemble.voters);
  const taken: Sid[] = [];
  for (const sid of [...ensemble.voters].sort((left, right) => right - left)) {
    if (sid === ensemble.leader) continue;
    rest.delete(sid);
    if (ensemble.isQuorum(rest)) taken.unshift(sid);
    else rest.add(sid);
  }
  return taken;
}
