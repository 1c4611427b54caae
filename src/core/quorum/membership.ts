import { ProtocolError } from "../base/assert.ts";
import type { Sid } from "../base/ids.ts";
import { Reader } from "../jute/reader.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import {
  type EnsembleConfig,
  formatConfig,
  hasSameMembers,
  isSameHost,
  memberOf,
  parseConfig,
  versionIn,
} from "./config.ts";
import { QuorumVerifier } from "./verifier.ts";

/**
 * Who belongs to the ensemble, as one peer knows it: the configuration in force, and while a reconfiguration is under way the
 * next one, which is in the log and not known to be committed. Then both have to agree to everything. A value: a change is a new
 * membership.
 */
export class Membership {
  readonly committed: EnsembleConfig;
  /** The same as `committed`, or a later one. */
  readonly lastSeen: EnsembleConfig;
  /** Of quorums of both. */
  readonly verifier: QuorumVerifier;
  /** Of quorums of the configuration in force. */
  readonly inForce: QuorumVerifier;
  /** Reconfiguration is disabled: whatever others say, the configuration stays (QuorumPeer.isReconfigEnabled). */
  readonly isFixed: boolean;
  /** Of the configuration in force. */
  readonly text: string;

  private constructor(committed: EnsembleConfig, lastSeen: EnsembleConfig, isFixed: boolean) {
    this.committed = committed;
    this.lastSeen = lastSeen;
    this.isFixed = isFixed;
    this.inForce = new QuorumVerifier(committed);
    const isChanging = committed !== lastSeen;
    this.verifier = isChanging ? new QuorumVerifier(committed, lastSeen) : this.inForce;
    this.text = formatConfig(committed);
  }

  /**
   * `saved` is the text of the configuration that a peer's store holds; it counts where it is the later one. Of the same version,
   * what the peer is started with counts: its fellows may be at other places by now.
   */
  static of(
    config: EnsembleConfig,
    {
      reconfigEnabled,
      saved,
    }: { readonly reconfigEnabled: boolean; readonly saved?: string | undefined },
  ): Membership {
    const isLater = reconfigEnabled && saved !== undefined && versionIn(saved) > config.version;
    const committed = (isLater ? readConfig(saved) : undefined) ?? config;
    return new Membership(committed, committed, !reconfigEnabled);
  }

  get isChanging(): boolean {
    return this.lastSeen !== this.committed;
  }

  /** Of the next configuration; undefined: none is under way. */
  get nextText(): string | undefined {
    return this.isChanging ? formatConfig(this.lastSeen) : undefined;
  }

  /** What the log or a leader holds last: under way where it is later than what is in force. */
  seeing(config: EnsembleConfig | undefined): Membership {
    if (this.isFixed) return this;
    const isLater = config !== undefined && config.version > this.committed.version;
    if (!isLater)
      return this.isChanging ? new Membership(this.committed, this.committed, false) : this;
    return config.version === this.lastSeen.version
      ? this
      : new Membership(this.committed, config, false);
  }

  /** The configuration is in force; this membership itself where that is no news. */
  activating(config: EnsembleConfig): Membership {
    if (this.isFixed || config.version <= this.committed.version) return this;
    const { lastSeen } = this;
    return new Membership(config, lastSeen.version > config.version ? lastSeen : config, false);
  }

  /** The configuration in a text that came from outside, if it is later than the one in force. */
  laterIn(text: string): EnsembleConfig | undefined {
    if (this.isFixed || text === this.text) return undefined;
    if (versionIn(text) <= this.committed.version) return undefined;
    return readConfig(text);
  }

  /** Voting in the configuration in force: only who does stands for election. */
  isVoter(sid: Sid): boolean {
    return memberOf(this.committed, sid)?.role === "participant";
  }

  /** A peer that is no member follows without a vote. */
  isObserver(sid: Sid): boolean {
    return memberOf(this.committed, sid)?.role === "observer";
  }
}

/** Whether a learner of `leader` must begin anew: its own role, or the leader's place, is another (QuorumPeer.processReconfig). */
export function isMajorChange(
  { from, to }: { readonly from: Membership; readonly to: Membership },
  {
    sid,
    leader,
    designated,
  }: { readonly sid: Sid; readonly leader: Sid; readonly designated: Sid | undefined },
): boolean {
  if (hasSameMembers(from.committed, to.committed)) return false;
  if (from.isObserver(sid) !== to.isObserver(sid)) return true;
  if (designated !== undefined) return designated !== leader;
  return !staysLeader(from.committed, to.committed, leader);
}

/** Whether a leader goes on under the next configuration: as a voter at the same place (Leader.getDesignatedLeader). */
export function staysLeader(from: EnsembleConfig, to: EnsembleConfig, leader: Sid): boolean {
  const [before, after] = [memberOf(from, leader), memberOf(to, leader)];
  return (
    before !== undefined &&
    after?.role === "participant" &&
    isSameHost(before.host, after.host) &&
    before.quorumPort === after.quorumPort
  );
}

/** The configuration that a reconfiguration's transaction proposes; undefined for all others. */
export function configIn(entry: LogEntry | undefined): EnsembleConfig | undefined {
  const txn = entry?.txn;
  return txn?.type === OpCode.reconfig ? configOf(txn.body.data) : undefined;
}

/** What the data of /zookeeper/config says; undefined where it says nothing that can be read. */
export function configOf(data: Uint8Array | null): EnsembleConfig | undefined {
  return data === null ? undefined : readConfig(new Reader(data).text());
}

/** undefined where the text says nothing that can be read. */
export function readConfig(text: string): EnsembleConfig | undefined {
  if (text === "") return undefined;
  try {
    return parseConfig(text);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
