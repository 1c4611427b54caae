import type { LinkId, Sid } from "../base/ids.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { EnsembleConfig } from "./config.ts";
import type { QuorumOutput } from "./effects.ts";
import type { LearnerLink } from "./learner-link.ts";
import type { SyncLimits, SyncPlan } from "./sync.ts";
import { QuorumVerifier } from "./verifier.ts";

/** All learners of one leader. */
export class Learners {
  /** In the order in which they came; replaced when one comes or goes, so that whoever walks through it may drop some. */
  all: readonly LearnerLink[] = [];

  get size(): number {
    return this.all.length;
  }

  get(link: LinkId): LearnerLink | undefined {
    for (const learner of this.all) if (learner.link === link) return learner;
    return undefined;
  }

  add(learner: LearnerLink): void {
    this.all = [...this.all, learner];
  }

  /** False when it is none, or none any more. */
  remove(link: LinkId): boolean {
    const left = this.all.filter((learner) => learner.link !== link);
    const isOne = left.length < this.all.length;
    this.all = left;
    return isOne;
  }

  clear(): void {
    this.all = [];
  }

  /** Those of one peer that have said who they are, and are believed. */
  of(sid: Sid): readonly LearnerLink[] {
    return this.all.filter(({ sid: own, phase }) => {
      return own === sid && phase !== "greeting" && phase !== "doubted";
    });
  }

  /** All that are in the stream of proposals. */
  tell(packet: QuorumPacket, out: QuorumOutput[]): void {
    for (const learner of this.all) if (learner.isForwarding) learner.send(packet, out);
  }

  /** A proposal has committed, one packet for all that follow; `designated` leads from here on where it was a reconfiguration. */
  commit(entry: LogEntry, designated: Sid | undefined, out: QuorumOutput[]): void {
    const commit = commitOf(entry, designated);
    for (const learner of this.all) {
      if (!learner.isForwarding) continue;
      learner.commit(learner.observer ? informOf(entry, designated) : commit, out);
    }
  }

  /** How many follow, or observe, and have adopted the epoch: what tools count as synced. */
  synced(role: "followers" | "observers"): number {
    let count = 0;
    for (const learner of this.all) {
      if (learner.hasAdopted && learner.observer === (role === "observers")) count += 1;
    }
    return count;
  }

  /** Why an observer has to wait for this sync; undefined: it has not. */
  crowded({ kind }: SyncPlan, limits: SyncLimits): string | undefined {
    const isSnapshot = kind === "SNAP";
    const max = isSnapshot ? limits.snapshots : limits.diffs;
    let count = 0;
    for (const { syncing } of this.all) {
      if (syncing !== undefined && (syncing === "SNAP") === isSnapshot) count += 1;
    }
    return count < max ? undefined : `must wait with its ${kind}: ${count} are under way already`;
  }

  /**
   * The voters among those that a condition holds for, as the verifier's mask. Who observes still may vote under the next
   * configuration: then its adoption of an epoch counts.
   */
  votersWhere(verifier: QuorumVerifier, counts: (learner: LearnerLink) => boolean): number {
    let mask = 0;
    for (const learner of this.all) {
      if (counts(learner)) mask |= verifier.bit(learner.sid);
    }
    return mask;
  }

  /** Whether those that follow by now, and their leader, are a quorum of a configuration. */
  areQuorumOf(config: EnsembleConfig, leader: Sid): boolean {
    const verifier = new QuorumVerifier(config);
    const follows = (learner: LearnerLink): boolean => learner.isForwarding && !learner.observer;
    return verifier.isQuorum(verifier.bit(leader) | this.votersWhere(verifier, follows));
  }

  /** When the first of them is given up unless it is heard. */
  get deadline(): number {
    let at = Number.POSITIVE_INFINITY;
    for (const learner of this.all) at = Math.min(at, learner.deadline);
    return at;
  }
}

const commitOf = ({ zxid }: LogEntry, designated: Sid | undefined): QuorumPacket =>
  designated === undefined
    ? { type: "COMMIT", zxid }
    : { type: "COMMITANDACTIVATE", zxid, designated };

const informOf = (entry: LogEntry, designated: Sid | undefined): QuorumPacket =>
  designated === undefined
    ? { type: "INFORM", entry }
    : { type: "INFORMANDACTIVATE", entry, designated };
