import type { Sid } from "../core/base/ids.ts";
import type { Endpoint } from "../core/network/link.ts";
import type { LinkPattern } from "../core/network/selector.ts";
import type { Direction, LinkSelector, Target } from "./api-controls.ts";
import { Given } from "./given.ts";

/** Who a target is, at the moment of the call. */
export type Resolve = (target: Target) => readonly Sid[];

const channels = ["client", "quorum", "election"] as const;
const directions = ["both", "in", "out"] as const;
export const linkNames: readonly (keyof LinkSelector)[] = ["from", "to", "channel", "direction"];

/**
 * The links a selector means. With both ends: from the one to the other only. With one end: every link of it, in both
 * directions unless `direction` says, as that end sees it.
 */
export function linkPatterns(selector: LinkSelector, resolve: Resolve): LinkPattern[] {
  const given = new Given("link", selector, { names: linkNames });
  const ends = (target: Target | "clients" | undefined): readonly Endpoint[] | undefined => {
    if (target === undefined) return undefined;
    return target === "clients" ? ["client"] : resolve(target);
  };
  const [from, to] = [ends(selector.from), ends(selector.to)];
  const channel = channels.find((candidate) => candidate === selector.channel);
  if (selector.channel !== undefined) given.oneOf("channel", "client", channels);
  const isOneWay = from !== undefined && to !== undefined;
  const direction = given.oneOf<Direction>("direction", isOneWay ? "out" : "both", directions);
  // "in" and "out" are the named end's; with both ends, the first one's.
  const [near, far] = from === undefined ? [to, from] : [from, to];
  const pattern = direction === "in" ? { from: far, to: near } : { from: near, to: far };
  return [{ ...pattern, channel, bothWays: direction === "both" }];
}

/** Every link between two different sides. */
export function linksBetween(sides: readonly (readonly Sid[])[]): LinkPattern[] {
  const patterns: LinkPattern[] = [];
  for (const [index, from] of sides.entries()) {
    for (const to of sides.slice(index + 1)) patterns.push({ from, to, bothWays: true });
  }
  return patterns;
}

/** What isolates `near`: its links with `far`, in a direction as `near` sees it. */
export function linksAround(
  near: readonly Sid[],
  far: readonly Endpoint[],
  direction: Direction,
): LinkPattern[] {
  const bothWays = direction === "both";
  return direction === "in"
    ? [{ from: far, to: near, bothWays }]
    : [{ from: near, to: far, bothWays }];
}
