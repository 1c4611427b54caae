import type { Sid } from "../base/ids.ts";
import { PeerState, type Vote } from "../packets/notification.ts";
import type { QuorumVerifier } from "./verifier.ts";

/** A vote as it is counted: with the round it was cast in and the state and format of its sender. */
export interface CastVote {
  readonly vote: Vote;
  readonly round: number;
  readonly state: number;
  readonly version: number;
}

/** Whether `challenger` is the better leader: the later epoch, then the later zxid, then the greater number. */
export function beats(challenger: Vote, holder: Vote, verifier: QuorumVerifier): boolean {
  if (!verifier.mayLead(challenger.leader)) return false;
  if (challenger.epoch !== holder.epoch) return challenger.epoch > holder.epoch;
  if (challenger.zxid !== holder.zxid) return challenger.zxid > holder.zxid;
  return challenger.leader > holder.leader;
}

/**
 * Whether two votes support each other (Vote.equals): all of it while one of the two is looking, else the leader and, unless
 * just one comes in the oldest format, its epoch.
 */
export function agrees(left: CastVote, right: CastVote): boolean {
  if (left.vote.leader !== right.vote.leader) return false;
  if (left.state === PeerState.looking || right.state === PeerState.looking) {
    return (
      left.vote.zxid === right.vote.zxid &&
      left.round === right.round &&
      left.vote.epoch === right.vote.epoch
    );
  }
  if ((left.version === 0) !== (right.version === 0)) return true;
  return left.vote.epoch === right.vote.epoch;
}

/** The voters among `votes` that agree with `probe`, as the verifier's mask. */
export function supporters(
  votes: ReadonlyMap<Sid, CastVote>,
  probe: CastVote,
  verifier: QuorumVerifier,
): number {
  let mask = 0;
  for (const [sid, cast] of votes) if (agrees(cast, probe)) mask |= verifier.bit(sid);
  return mask;
}
