import { assert } from "../base/assert.ts";
import {
  counterMax,
  counterOf,
  type Epoch,
  epochFrom,
  epochMax,
  type LinkId,
  makeZxid,
  nextZxid,
  type Sid,
  type Zxid,
} from "../base/ids.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import { type EnsembleConfig, formatConfig } from "./config.ts";
import type { QuorumOutput } from "./effects.ts";
import type { History } from "./history.ts";
import type { LeaderOptions, LeaderPhase } from "./leader-phase.ts";
import { LearnerLink } from "./learner-link.ts";
import { Learners } from "./learners.ts";
import type { Membership } from "./membership.ts";
import { PendingSyncs } from "./pending-syncs.ts";
import { Proposals } from "./proposals.ts";
import { Reconfiguration } from "./reconfiguration.ts";
import { type Introduction, Rivals } from "./rivals.ts";
import { chooseSync, type SyncLimits } from "./sync.ts";
import type { QuorumVerifier } from "./verifier.ts";

/**
 * The leader of one epoch. Each wait is for a quorum that includes the leader itself, and has a limit.
 *
 *   discovery   FOLLOWERINFO from a quorum ─▶ the epoch is above all they promised; saved as accepted ─▶ LEADERINFO
 *   promises    ACKEPOCH from a quorum, none with a history more recent than this one ─▶ saved as current
 *   adoption    each learner gets DIFF, TRUNC or SNAP, then NEWLEADER; ACK from a quorum ─▶ established, UPTODATE
 *   broadcast   propose ─▶ append ∥ PROPOSAL ─▶ ACK from a quorum, in zxid order ─▶ COMMIT, INFORM, deliver
 *
 * While a reconfiguration is under way a quorum is one of both configurations (decision 6). It is in force when its proposal
 * commits, or with the epoch where an earlier leader left it unfinished. A leader that has no place in it commits nothing from
 * there on: it waits until its learners have left for the designated leader, so that they have surely heard of it.
 *
 * A history that is not yet durable here is still this leader's history: losing it in a crash loses nothing that was
 * acknowledged, for its own ACK of a proposal comes only with `appended`.
 */
export class Leader {
  wakeAt: number;
  epoch: Epoch = epochFrom(-1);
  established = false;
  lastCommitted: Zxid;
  readonly #sid: Sid;
  readonly #initialCounter: number;
  readonly #course: Reconfiguration;
  readonly #tickTime: number;
  readonly #initLimitMs: number;
  readonly #syncLimitMs: number;
  readonly #history: History;
  readonly #syncLimits: SyncLimits;
  readonly #acceptedEpoch: Epoch;
  /** This peer's own (currentEpoch, last logged) as it was elected: no promiser may have more. */
  readonly #own: { readonly epoch: Epoch; readonly zxid: Zxid };
  #phase: LeaderPhase = "discovery";
  /** Voters heard in the present phase, this one included when it has done what it asks of the others. */
  #heard: number;
  /** Whoever promised before the quorum was complete was checked; later ones are merely truncated. */
  #electionFinished = false;
  readonly learners: Learners = new Learners();
  readonly #rivals = new Rivals();
  readonly #proposals = new Proposals();
  #lastProposed: Zxid;
  #lastAppended: Zxid;
  readonly #syncs = new PendingSyncs();
  /** The present phase must be over by then. */
  #deadline: number;
  #pingAt = Number.POSITIVE_INFINITY;
  #deposed = false;

  constructor(options: LeaderOptions) {
    this.#sid = options.sid;
    this.#initialCounter = options.initialCounter;
    this.#course = new Reconfiguration(options.sid, options.membership);
    const { tickTime, initLimit, syncLimit } = options.timing;
    this.#tickTime = tickTime;
    this.#initLimitMs = initLimit * tickTime;
    this.#syncLimitMs = syncLimit * tickTime;
    this.#history = options.history;
    this.#syncLimits = options.syncLimits;
    this.#acceptedEpoch = options.acceptedEpoch;
    this.#own = { epoch: options.currentEpoch, zxid: options.history.lastApplied };
    this.lastCommitted = options.history.lastApplied;
    this.#lastProposed = options.history.lastApplied;
    this.#lastAppended = options.history.lastApplied;
    this.#heard = this.#verifier.bit(this.#sid);
    this.#deadline = options.now + this.#initLimitMs;
    this.wakeAt = this.#deadline;
  }

  /** To be called once, before any packet: a leader that is a quorum by itself needs nobody. */
  start(now: number, out: QuorumOutput[]): void {
    this.#learnEpoch(now, this.#acceptedEpoch, out);
  }

  get nextZxid(): Zxid {
    return nextZxid(this.#lastProposed);
  }

  get membership(): Membership {
    return this.#course.membership;
  }

  /** Whether a quorum of a configuration follows by now (Leader.isQuorumSynced). */
  hasSynced(config: EnsembleConfig): boolean {
    return this.learners.areQuorumOf(config, this.#sid);
  }

  /** Bytes of proposals: last, least and most; −1 before the first. */
  get proposalSize(): { readonly last: number; readonly min: number; readonly max: number } {
    return this.#proposals.size;
  }

  forgetProposalSizes(): void {
    Object.assign(this.#proposals.size, { last: -1, min: -1, max: -1 });
  }

  /** How many proposals are not yet committed. */
  get outstanding(): number {
    return this.#proposals.length;
  }

  /** Entries that are in this peer's log but were not delivered, for whoever takes over the state. */
  get undelivered(): readonly LogEntry[] {
    return this.#proposals.entries;
  }

  /** Syncs that wait for a commit. */
  get pendingSyncs(): number {
    return this.#syncs.length;
  }

  accepted(now: number, link: LinkId): void {
    const deadline = now + this.#initLimitMs + this.#syncLimitMs;
    this.learners.add(new LearnerLink(link, deadline));
    this.wakeAt = Math.min(this.wakeAt, deadline);
  }

  /** A link is gone. A leader left without a quorum steps down at once: nobody else can tell its followers sooner. */
  linkDown(link: LinkId, out: QuorumOutput[]): void {
    if (!this.learners.remove(link)) return;
    if (this.established && !this.#verifier.isQuorum(this.#followersMask())) {
      this.#depose("its followers are no quorum any more", out);
    }
  }

  packet(now: number, link: LinkId, packet: QuorumPacket, out: QuorumOutput[]): void {
    const learner = this.learners.get(link);
    if (learner === undefined) return;
    if (learner.hasAdopted) learner.deadline = now + this.#syncLimitMs;
    if (!learner.mayForward(packet)) return;
    switch (packet.type) {
      case "ACK":
        return this.#acked(now, learner, packet.zxid, out);
      case "REQUEST":
        out.push({ type: "forwarded", link, packet });
        return;
      case "PING": {
        if (packet.touched !== null) out.push({ type: "touched", touches: packet.touched });
        const stranger = this.#rivals.refuted(learner, packet.zxid);
        if (stranger !== undefined)
          this.#drop(stranger, `peer ${learner.sid} is here already`, out);
        return;
      }
      case "REVALIDATE": {
        const { session, timeout } = packet;
        out.push({ type: "revalidate", link, session, timeout });
        return;
      }
      case "FOLLOWERINFO":
      case "OBSERVERINFO":
        return this.#greeted(now, learner, packet, out);
      case "ACKEPOCH":
        return this.#promised(now, learner, packet, out);
      default:
        return; // what the learner should not send is ignored, as in LearnerHandler
    }
  }

  /** The log is durable up to a zxid: this peer's own acknowledgement. */
  appended(upTo: Zxid, out: QuorumOutput[]): void {
    if (upTo <= this.#lastAppended) return;
    this.#proposals.acknowledge(this.#sid, this.#lastAppended, upTo);
    this.#lastAppended = upTo;
    this.#commit(out);
  }

  epochSaved(now: number, which: "accepted" | "current", epoch: Epoch, out: QuorumOutput[]): void {
    if (epoch !== this.epoch) return;
    if (which === "accepted" && this.#phase === "savingAccepted") {
      this.#enter(now, "promises");
      for (const learner of this.learners.all) {
        if (learner.phase === "waiting") learner.inform(this.epoch, out);
      }
      this.#countPromises(now, out);
    } else if (which === "current" && this.#phase === "savingCurrent") {
      this.#enter(now, "adoption");
      this.#countAdoptions(now, out);
    }
  }

  /** Puts a prepared transaction to the vote; its zxid must be `nextZxid`. */
  propose(now: number, entry: LogEntry, out: QuorumOutput[]): void {
    // Earlier in this step: sessions expire together, and the epoch ends with the first.
    if (this.#deposed || this.#heir !== undefined) return;
    assert(this.established, "only an established leader proposes");
    assert(entry.zxid === this.nextZxid, "proposals are numbered without holes");
    if (counterOf(entry.zxid) === counterMax) {
      // The counter must not run into the epoch (ZOOKEEPER-1277): a new epoch starts anew, this request is lost.
      return this.#depose("its epoch has no zxids left", out);
    }
    this.#lastProposed = entry.zxid;
    this.#course.proposed(entry);
    this.#proposals.push(entry, this.#verifier);
    out.push({ type: "append", entry });
    const packet: QuorumPacket = { type: "PROPOSAL", entry };
    for (const learner of this.learners.all) {
      if (!learner.isForwarding || learner.observer) continue;
      // While it takes in the history it acknowledges nothing (SyncLimitCheck.start).
      if (learner.hasAdopted) learner.timed ??= { zxid: entry.zxid, at: now };
      learner.send(packet, out);
    }
  }

  /** A learner's sync: answered when all that is proposed by now has committed. */
  sync(link: LinkId, out: QuorumOutput[]): void {
    if (this.#proposals.length === 0) out.push({ type: "send", link, packet: { type: "SYNC" } });
    else this.#syncs.add(this.#lastProposed, link);
  }

  woken(now: number, out: QuorumOutput[]): void {
    for (const learner of this.learners.all) {
      const overdue = learner.overdue(now, this.#syncLimitMs);
      if (overdue !== undefined) this.#drop(learner, `peer ${learner.sid} ${overdue}`, out);
    }
    for (const { newcomer, info } of this.#rivals.takeDue(now)) {
      if (this.learners.get(newcomer.link) === newcomer) this.#admit(now, newcomer, info, out);
    }
    if (this.#deposed) return;
    if (!this.established) {
      if (now >= this.#deadline) return this.#depose(`no quorum in ${this.#phase}`, out);
    } else {
      if (!this.#verifier.isQuorum(this.#followersMask())) {
        return this.#depose("its followers are no quorum any more", out);
      }
      if (now >= this.#pingAt) this.#ping(now, out);
    }
    this.#scheduleWake();
  }

  // ------------------------------------------------------------------ discovery

  #greeted(now: number, learner: LearnerLink, info: Introduction, out: QuorumOutput[]): void {
    if (learner.phase !== "greeting") return;
    if (this.#heir !== undefined) return this.#depose(`peer ${this.#heir} leads by now`, out);
    if (info.configVersion > this.membership.committed.version) {
      learner.sid = info.sid;
      learner.refuse("has a later configuration", now + this.#tickTime);
      return this.#scheduleWake();
    }
    const present = this.learners.of(info.sid).filter(({ phase }) => phase === "serving");
    if (present.length === 0) return this.#admit(now, learner, info, out);
    const until = now + this.#syncLimitMs / 2;
    const at = this.#rivals.challenge({ newcomer: learner, info, until }, present, out);
    this.wakeAt = Math.min(this.wakeAt, at);
  }

  #admit(now: number, learner: LearnerLink, info: Introduction, out: QuorumOutput[]): void {
    this.#dropOlder(info.sid, out);
    if (this.#deposed) return;
    learner.sid = info.sid;
    learner.observer = info.type === "OBSERVERINFO";
    learner.phase = "waiting";
    if (this.#phase === "discovery") {
      this.#heard |= this.#verifier.bit(info.sid);
      this.#learnEpoch(now, info.acceptedEpoch, out);
    } else if (this.#phase !== "savingAccepted") {
      learner.inform(this.epoch, out);
    }
  }

  /** A peer follows over one link: what still comes on an older one was sent before it gave that up. */
  #dropOlder(sid: Sid, out: QuorumOutput[]): void {
    for (const older of this.learners.of(sid)) {
      this.#drop(older, `peer ${sid} has come back`, out);
    }
  }

  /** The new epoch must exceed every promise of a quorum (Leader.getEpochToPropose). */
  #learnEpoch(now: number, promised: Epoch, out: QuorumOutput[]): void {
    if (promised >= this.epoch) this.epoch = epochFrom(promised + 1);
    if (!this.#verifier.isQuorum(this.#heard)) return;
    if (this.epoch > epochMax) return this.#depose(`epoch ${this.epoch} is above the limit`, out);
    this.#enter(now, "savingAccepted");
    out.push({ type: "saveEpoch", which: "accepted", epoch: this.epoch });
  }

  // ------------------------------------------------------------------ promises

  #promised(
    now: number,
    learner: LearnerLink,
    ack: QuorumPacket & { type: "ACKEPOCH" },
    out: QuorumOutput[],
  ): void {
    if (learner.phase !== "promising") return;
    learner.phase = "promised";
    learner.lastLogged = ack.lastLogged;
    if (!this.#electionFinished && ack.currentEpoch !== -1) {
      const own = this.#own;
      const moreRecent =
        ack.currentEpoch > own.epoch ||
        (ack.currentEpoch === own.epoch && ack.lastLogged > own.zxid);
      if (moreRecent) {
        return this.#drop(learner, `peer ${learner.sid} has a more recent history`, out);
      }
      if (ack.lastLogged !== -1) this.#heard |= this.#verifier.bit(learner.sid);
      this.#countPromises(now, out);
    }
    if (this.#electionFinished && learner.phase === "promised")
      this.#synchronise(now, learner, out);
  }

  #countPromises(now: number, out: QuorumOutput[]): void {
    if (this.#phase !== "promises" || !this.#verifier.isQuorum(this.#heard)) return;
    this.#electionFinished = true;
    this.#lastProposed = makeZxid(this.epoch, 0);
    this.#course.nameFirst(this.epoch);
    this.#enter(now, "savingCurrent");
    out.push({ type: "saveEpoch", which: "current", epoch: this.epoch });
    for (const learner of this.learners.all) {
      if (learner.phase === "promised") this.#synchronise(now, learner, out);
    }
  }

  // ------------------------------------------------------------------ adoption

  /** History, then what is under vote, without a step between: the learner misses nothing, gets nothing twice. */
  #synchronise(now: number, learner: LearnerLink, out: QuorumOutput[]): void {
    const history = this.#history;
    const plan = chooseSync(learner.lastLogged, history.lastApplied, history.committed);
    const crowded = learner.observer && this.learners.crowded(plan, this.#syncLimits);
    if (crowded) {
      // For as long as an observer of Apache's waits before it comes back, at most: 200 ms there.
      learner.refuse(crowded, now + this.#tickTime / 10);
      return this.#scheduleWake();
    }
    learner.sendHistory(plan, history, out);
    if (!learner.observer) {
      this.#proposals.forget(learner.sid);
      for (const entry of this.#proposals.entries) learner.send({ type: "PROPOSAL", entry }, out);
    }
    if (learner.phase === "synced") this.#proclaim(learner, out);
  }

  snapshotSent(now: number, sent: { link: LinkId; isOver: boolean }, out: QuorumOutput[]): void {
    const learner = this.learners.get(sent.link);
    if (learner?.phase !== "streaming") return;
    learner.deadline = now + this.#initLimitMs + this.#syncLimitMs;
    if (sent.isOver) this.#proclaim(learner, out);
  }

  #proclaim(learner: LearnerLink, out: QuorumOutput[]): void {
    learner.phase = "synced";
    // What is under way is a later leader's to finish only if this epoch begins with it; else it has a proposal of its own.
    const { committed, lastSeen } = this.membership;
    const config = formatConfig(this.established ? committed : lastSeen);
    learner.send({ type: "NEWLEADER", zxid: makeZxid(this.epoch, 0), config }, out);
  }

  #acked(now: number, learner: LearnerLink, zxid: Zxid, out: QuorumOutput[]): void {
    if (learner.phase === "synced") {
      // Learners of 3.8 may acknowledge transactions first; the leader waits for the right one (ZOOKEEPER-4685).
      if (zxid !== makeZxid(this.epoch, 0)) return this.#vote(now, learner, zxid, out);
      learner.phase = "adopted";
      learner.deadline = now + this.#syncLimitMs;
      if (this.established) return learner.welcome(out);
      return this.#countAdoptions(now, out);
    }
    if (learner.isForwarding) this.#vote(now, learner, zxid, out);
  }

  #countAdoptions(now: number, out: QuorumOutput[]): void {
    if (this.#phase !== "adoption") return;
    // Of those who are still there: who acknowledged and left may have adopted a later epoch by now.
    const adopters = this.#votersWhere((learner) => learner.phase === "adopted");
    if (!this.#verifier.isQuorum(adopters)) return;
    this.#enter(now, "broadcast");
    this.established = true;
    this.lastCommitted = makeZxid(this.epoch, 0);
    this.#lastProposed = makeZxid(this.epoch, this.#initialCounter);
    this.#lastAppended = this.#lastProposed;
    this.#pingAt = now;
    out.push({ type: "established", epoch: this.epoch });
    for (const learner of this.learners.all) {
      if (learner.phase === "adopted") learner.welcome(out);
    }
    if (this.membership.isChanging) {
      const adopted = (sid: Sid): boolean => (this.#verifier.bit(sid) & adopters) !== 0;
      this.#activate(this.#course.heir(adopted, this.#proposals), out);
    }
    this.#ping(now, out);
    this.#scheduleWake();
  }

  // ------------------------------------------------------------------ broadcast

  #vote(now: number, learner: LearnerLink, zxid: Zxid, out: QuorumOutput[]): void {
    // The second ACK of NEWLEADER, after UPTODATE, is no vote; nor is that of an observer or a stranger.
    if (counterOf(zxid) === 0 || learner.observer) return;
    learner.acknowledged(zxid, this.#lastProposed, now);
    this.#proposals.acknowledgeOne(learner.sid, zxid);
    this.#commit(out);
  }

  #commit(out: QuorumOutput[]): void {
    while (this.#heir === undefined) {
      const proposal = this.#proposals.takeCommitted();
      if (proposal === undefined) return;
      const { entry } = proposal;
      const designated = this.#course.heirOf(proposal, this.#proposals);
      this.lastCommitted = entry.zxid;
      this.learners.commit(entry, designated, out);
      out.push({ type: "deliver", entry });
      for (const link of this.#syncs.takeUpTo(entry.zxid)) {
        this.learners.get(link)?.send({ type: "SYNC" }, out);
      }
      if (designated !== undefined) this.#activate(designated, out);
    }
  }

  #activate(designated: Sid, out: QuorumOutput[]): void {
    this.#course.activate(designated);
    this.#proposals.decideBy(this.#verifier);
    out.push({ type: "reconfigured", membership: this.membership });
  }

  // ------------------------------------------------------------------ liveness

  #ping(now: number, out: QuorumOutput[]): void {
    this.#pingAt = now + this.#tickTime / 2;
    const packet: QuorumPacket = { type: "PING", zxid: this.#lastProposed, touched: null };
    this.learners.tell(packet, out);
  }

  /** Who observes still acknowledges nothing: a leader that needs such a vote makes way (simulation seed 52237949). */
  #followersMask(): number {
    return this.#votersWhere((learner) => learner.isForwarding && !learner.observer);
  }

  /** This peer and the voters among its learners that a condition holds for. */
  #votersWhere(counts: (learner: LearnerLink) => boolean): number {
    const own = this.#verifier.bit(this.#sid);
    return own | this.learners.votersWhere(this.#verifier, counts);
  }

  #drop(learner: LearnerLink, why: string, out: QuorumOutput[]): void {
    out.push({ type: "hangUp", link: learner.link, why });
    this.linkDown(learner.link, out);
  }

  #depose(why: string, out: QuorumOutput[]): void {
    if (this.#deposed) return;
    this.#deposed = true;
    this.established = false;
    out.push({ type: "deposed", why, designated: this.#heir });
    for (const { link } of this.learners.all) out.push({ type: "hangUp", link, why });
    this.learners.clear();
    this.wakeAt = Number.POSITIVE_INFINITY;
  }

  #enter(now: number, phase: LeaderPhase): void {
    this.#phase = phase;
    this.#deadline = now + this.#initLimitMs;
    if (phase === "savingAccepted") this.#heard = this.#verifier.bit(this.#sid);
    this.#scheduleWake();
  }

  #scheduleWake(): void {
    const at = this.established ? this.#pingAt : this.#deadline;
    this.wakeAt = Math.min(this.#rivals.dueAt, at, this.learners.deadline);
  }

  /** Who leads instead of this peer. */
  get #heir(): Sid | undefined {
    return this.#course.designated;
  }

  get #verifier(): QuorumVerifier {
    return this.membership.verifier;
  }
}
