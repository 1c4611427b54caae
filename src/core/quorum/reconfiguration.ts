import { type Epoch, makeZxid, type Sid } from "../base/ids.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import { configIn, type Membership, staysLeader } from "./membership.ts";
import type { Proposal, Proposals } from "./proposals.ts";
import { QuorumVerifier } from "./verifier.ts";

/**
 * A leader's view of who belongs, and how it changes: proposed ─quorums of both configurations▶ in force, under this leader or
 * under a designated one.
 */
export class Reconfiguration {
  membership: Membership;
  /** Who leads instead, after a reconfiguration without this peer. */
  designated: Sid | undefined;
  readonly #sid: Sid;

  constructor(sid: Sid, membership: Membership) {
    this.#sid = sid;
    this.membership = membership;
  }

  /** A configuration that peers merely were started with gets a version with the first epoch (ZOOKEEPER-1783). */
  nameFirst(epoch: Epoch): void {
    const { committed, isChanging } = this.membership;
    if (committed.version !== 0 || isChanging) return;
    this.membership = this.membership.seeing({ ...committed, version: makeZxid(epoch, 0) });
  }

  /** From a reconfiguration's own proposal on, both configurations must agree. */
  proposed(entry: LogEntry): void {
    const next = configIn(entry);
    if (next !== undefined) this.membership = this.membership.seeing(next);
  }

  /** Who leads after a committed reconfiguration; undefined for any other proposal. */
  heirOf({ entry, verifier, acks }: Proposal, behind: Proposals): Sid | undefined {
    if (!this.membership.isChanging || configIn(entry) === undefined) return undefined;
    return this.heir((sid) => (verifier.bit(sid) & acks) !== 0, behind);
  }

  /**
   * This peer, if it votes at the same place under the next configuration; else one of its voters that agreed, as recent as can
   * be (Leader.getDesignatedLeader).
   */
  heir(agreed: (sid: Sid) => boolean, behind: Proposals): Sid {
    const { committed, lastSeen } = this.membership;
    if (staysLeader(committed, lastSeen, this.#sid)) return this.#sid;
    const next = new QuorumVerifier(lastSeen);
    const able = next.voters.filter((sid) => sid !== this.#sid && next.mayLead(sid));
    return behind.mostRecent(able.filter(agreed)) ?? this.#sid;
  }

  /** The next configuration is in force. */
  activate(heir: Sid): void {
    this.membership = this.membership.activating(this.membership.lastSeen);
    if (heir !== this.#sid) this.designated = heir;
  }
}
