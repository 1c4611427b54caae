import { type Sid, sidOf } from "../core/base/ids.ts";
import {
  type Membership,
  resolveTarget as resolveName,
  type TargetName,
} from "../core/network/selector.ts";
import type { Target } from "./api-controls.ts";
import { ZkmsError } from "./errors.ts";
import { badOption, show } from "./given.ts";
import { nearestValue } from "./nearest-name.ts";

const names: readonly TargetName[] = [
  "leader",
  "followers",
  "observers",
  "minority",
  "majority",
  "all",
];

/** The peers a target stands for now, voters first, each once. Throws for what stands for nobody by mistake. */
export function resolveTarget(target: Target, ensemble: Membership): readonly Sid[] {
  if (typeof target === "number") return [known(target, ensemble)];
  if (typeof target !== "string") {
    if (!Array.isArray(target)) throw badTarget(target);
    const sids = target.map((id) => known(id, ensemble));
    return everybody(ensemble).filter((sid) => sids.includes(sid));
  }
  if (!names.includes(target)) throw badTarget(target);
  if (target === "leader" && ensemble.leader === undefined) {
    throw new ZkmsError("ZKMS_BAD_STATE", `the target "leader" is nobody: there is no leader`, {
      hint: "await ensemble.leader() first",
    });
  }
  return resolveName(target, ensemble);
}

/** Where a peer has its place; throws for an id that nobody has. */
export function seatOf<Seat extends { readonly id: Sid }>(
  seats: readonly Seat[],
  id: unknown,
): Seat {
  const seat = seats.find((candidate) => candidate.id === id);
  if (seat !== undefined) return seat;
  throw noSuchPeer(
    id,
    seats.map((candidate) => candidate.id),
  );
}

/** Who votes, and who does not. */
export function sidesOf(
  seats: readonly { readonly id: Sid; readonly votes: boolean }[],
): Pick<Membership, "voters" | "observers"> {
  return {
    voters: seats.filter((seat) => seat.votes).map((seat) => seat.id),
    observers: seats.filter((seat) => !seat.votes).map((seat) => seat.id),
  };
}

const everybody = (ensemble: Membership): readonly Sid[] => resolveName("all", ensemble);

function known(id: unknown, ensemble: Membership): Sid {
  if (typeof id !== "number") throw badTarget(id);
  const sid = everybody(ensemble).find((candidate) => candidate === sidOf(id));
  if (sid === undefined) throw noSuchPeer(id, everybody(ensemble));
  return sid;
}

export const noSuchPeer = (id: unknown, all: readonly number[]): ZkmsError =>
  new ZkmsError("ZKMS_NO_SUCH_PEER", `there is no peer ${show(id)}`, {
    hint: `one of ${all.join(", ")}`,
  });

/** To whoever holds its handle still. */
export const wasRemoved = (id: number): ZkmsError =>
  new ZkmsError("ZKMS_NO_SUCH_PEER", `peer ${id} was removed`, {
    hint: `ensemble.addPeer({ id: ${id} })`,
  });

function badTarget(target: unknown): ZkmsError {
  return badOption(
    "target",
    target,
    `is no peer's id, no list of ids and none of ${names.join(", ")}`,
    hintFor(target),
  );
}

/** A peer itself, as `killLeader` gives it out, is taken for its id by mistake. */
function hintFor(target: unknown): string | undefined {
  if (typeof target === "object" && target !== null && "id" in target) return "peer.id";
  return nearestValue(target, names);
}
