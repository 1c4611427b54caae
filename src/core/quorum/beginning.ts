import type { Epoch, Sid } from "../base/ids.ts";
import type { Membership } from "./membership.ts";
import type { QuorumTiming } from "./timing.ts";

/** What a peer brings into a new role, be it the leader's or a learner's. */
export interface Beginning {
  readonly now: number;
  readonly sid: Sid;
  readonly membership: Membership;
  readonly timing: QuorumTiming;
  readonly acceptedEpoch: Epoch;
  readonly currentEpoch: Epoch;
}
