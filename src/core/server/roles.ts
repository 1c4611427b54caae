import type { Sid } from "../base/ids.ts";
import type { Beginning } from "../quorum/beginning.ts";
import type { QuorumOutput } from "../quorum/effects.ts";
import { Leader } from "../quorum/leader.ts";
import { Learner } from "../quorum/learner.ts";
import type { Standalone } from "../quorum/standalone.ts";
import { defaultSyncLimits } from "../quorum/sync.ts";
import { Following } from "./following.ts";
import { Leading } from "./leading.ts";
import type { Peer } from "./peer.ts";
import { defaultReapTiming } from "./reaper.ts";

// The parts a peer may take, each made anew of what the peer is and has at that moment.

/** The quorum machine of a peer that was elected. */
export function makeLeader(peer: Peer, now: number): Leader {
  return new Leader({
    ...beginning(peer, now),
    history: peer.replica,
    initialCounter: peer.options.initialCounter ?? 0,
    syncLimits: peer.options.syncLimits ?? defaultSyncLimits,
  });
}

/** What calls on the role bring about is appended to `out`. */
export function makeLeading(peer: Peer, quorum: Leader | Standalone, out: QuorumOutput[]): Leading {
  const { sid, options, replica, clients } = peer;
  return new Leading({
    sid,
    quorum,
    replica,
    tickTime: options.timing.tickTime,
    prepare: options.prepare,
    local: clients.local,
    reaping: options.reaping ?? defaultReapTiming,
    wallOffset: () => peer.wallOffset,
    out,
  });
}

/** `startOver`: the leader must give this peer everything (`Learner.mustStartOver`). */
export function makeFollowing(
  peer: Peer,
  options: { now: number; leader: Sid; isDesignated: boolean; startOver: boolean },
  out: QuorumOutput[],
): Following {
  const { replica } = peer;
  const observer = peer.membership.isObserver(peer.sid);
  const { lastLogged } = replica;
  const learner = new Learner({
    ...options,
    ...beginning(peer, options.now),
    observer,
    lastLogged,
  });
  return new Following({ learner, observer, replica, out });
}

function beginning(peer: Peer, now: number): Beginning {
  const { sid, membership, options, acceptedEpoch, currentEpoch } = peer;
  return { now, sid, membership, timing: options.timing, acceptedEpoch, currentEpoch };
}
