import type { Sid } from "../base/ids.ts";
import { memberOf } from "../quorum/config.ts";
import type { QuorumOutput } from "../quorum/effects.ts";
import { Leader } from "../quorum/leader.ts";
import { Learner } from "../quorum/learner.ts";
import type { Standalone } from "../quorum/standalone.ts";
import { Following } from "./following.ts";
import { Leading } from "./leading.ts";
import type { Peer } from "./peer.ts";
import { defaultReapTiming } from "./reaper.ts";

// The parts a peer may take, each made anew of what the peer is and has at that moment.

/** The quorum machine of a peer that was elected. */
export function makeLeader(peer: Peer, now: number): Leader {
  const { sid, options, replica, acceptedEpoch, currentEpoch } = peer;
  const { config, timing } = options;
  return new Leader({ now, sid, config, timing, history: replica, acceptedEpoch, currentEpoch });
}

/** What calls on the role bring about is appended to `out`. */
export function makeLeading(peer: Peer, quorum: Leader | Standalone, out: QuorumOutput[]): Leading {
  const { sid, options, replica } = peer;
  return new Leading({
    sid,
    quorum,
    replica,
    tickTime: options.timing.tickTime,
    prepare: options.prepare,
    reaping: options.reaping ?? defaultReapTiming,
    wallOffset: () => peer.wallOffset,
    out,
  });
}

/** `startOver`: the leader must give this peer everything (`Learner.mustStartOver`). */
export function makeFollowing(
  peer: Peer,
  { now, leader, startOver }: { now: number; leader: Sid; startOver: boolean },
  out: QuorumOutput[],
): Following {
  const { sid, options, replica, acceptedEpoch, currentEpoch } = peer;
  const { config, timing } = options;
  const observer = memberOf(config, sid)?.role === "observer";
  const learner = new Learner({
    now,
    sid,
    leader,
    observer,
    config,
    timing,
    acceptedEpoch,
    currentEpoch,
    lastLogged: replica.lastLogged,
    startOver,
  });
  return new Following({ learner, observer, replica, out });
}
