import type { Epoch, Zxid } from "../base/ids.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";

/** Pauses between dials to a leader whose port does not answer yet; their sum is how long a wrong vote costs. */
export const redialMs: readonly number[] = [2, 5, 10, 20, 40, 80, 100, 100];

/** Where a learner stands with its leader, and what it waits for there. */
export type LearnerPhase =
  /** Until `dialed` says that the leader's port answered. */
  | { readonly name: "dialing"; attempt: number; redialAt: number }
  /** FOLLOWERINFO is out; LEADERINFO must come. */
  | { readonly name: "discovery"; readonly attempt: number }
  /**
   * The leader's epoch is below one promised to another: this peer can follow only the next leader. For a tick it stays, since
   * whom else it asks will send it here again at once.
   */
  | { readonly name: "refusing"; readonly epoch: Epoch }
  /** acceptedEpoch is being saved; ACKEPOCH must wait for that. */
  | { readonly name: "promising" }
  /** DIFF, TRUNC or SNAP must come. */
  | { readonly name: "promised" }
  /** The store is truncating; what arrives meanwhile waits. */
  | { readonly name: "truncating"; readonly waiting: QuorumPacket[] }
  /** The leader's history arrives. */
  | { readonly name: "syncing" }
  /** NEWLEADER came: history first, then the epoch, become durable. */
  | {
      readonly name: "adopting";
      readonly awaits: "log" | "snapshot" | "epoch";
      readonly upTo: Zxid;
    }
  /** NEWLEADER is acknowledged; UPTODATE must come. */
  | { readonly name: "adopted" }
  | { readonly name: "serving" };

/** Why a learner gives up in a phase that lasted too long. */
export const whyOver = (phase: LearnerPhase): string =>
  phase.name === "refusing"
    ? `epoch ${phase.epoch} is below the one promised`
    : `the leader is silent (${phase.name})`;
