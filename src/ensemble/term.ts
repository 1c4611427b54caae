import type { Epoch } from "../core/base/ids.ts";
import type { Peer } from "../core/server/peer.ts";

/** A peer's life, in one of its terms as the leader: what it was asked for and has not committed by the end of either is lost. */
export interface Term {
  readonly leader: Peer;
  readonly epoch: Epoch;
}

export const termOf = (leader: Peer): Term => ({ leader, epoch: leader.epoch });

export const isTermOf = (term: Term, leader: Peer): boolean =>
  term.leader === leader && term.epoch === leader.epoch;
