import { assert, ProtocolError, unreachable } from "../base/assert.ts";
import { type Epoch, epochFrom, type LinkId, type Sid, type Zxid } from "../base/ids.ts";
import { atOnce, type Parts } from "../base/parts.ts";
import { Prng } from "../base/prng.ts";
import { dialects } from "../protocol/dialect.ts";
import { OpCode } from "../protocol/op-codes.ts";
import type { EnsembleConfig } from "../quorum/config.ts";
import type { QuorumOutput } from "../quorum/effects.ts";
import { Election } from "../quorum/election.ts";
import { configIn, type Membership } from "../quorum/membership.ts";
import { Standalone } from "../quorum/standalone.ts";
import { LocalSessions } from "../session/local-sessions.ts";
import type { Recovered } from "../storage/ports.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import { Clients } from "./clients.ts";
import { obey } from "./commands.ts";
import { EarlyLearners } from "./early-learners.ts";
import type { Effect, PeerEvent, PeerRole, Restored } from "./effects.ts";
import type { Counts } from "./figures.ts";
import { Following } from "./following.ts";
import { Leading } from "./leading.ts";
import { membershipOf, type PeerOptions, standsAlone } from "./peer-options.ts";
import { ReadOnlyMode } from "./read-only.ts";
import { Replica } from "./replica.ts";
import { report, reportCommit, reportElection } from "./reports.ts";
import { RequestThrottle, unthrottled } from "./request-throttle.ts";
import type { Role } from "./role.ts";
import { makeFollowing, makeLeader, makeLeading } from "./roles.ts";
import { Snapshots } from "./snapshots.ts";
import { answerConnection } from "./words.ts";

/**
 * One peer: where election, replication, tree and sessions meet.
 *
 *   looking ──elected──▶ leading | following | observing ──deposed──▶ looking
 *   looking ──2 s without a leader──▶ readonly, if that is allowed ──elected──▶ as above
 *   a configuration of one voter: standalone, for ever
 *
 * A step takes one event to its end. What the quorum machines make of it is drained in order from `#outputs`: effects go out,
 * decisions are carried out here (a delivery changes the tree, fires watches, settles replies), and may make more outputs.
 */
export class Peer {
  readonly sid: Sid;
  readonly options: PeerOptions;
  readonly replica: Replica;
  readonly clients: Clients;
  /** Who belongs, as of what is in force here and what the log holds. */
  membership: Membership;
  /** The epochs of the store, with those it was asked to save. */
  acceptedEpoch: Epoch = epochFrom(0);
  currentEpoch: Epoch = epochFrom(0);
  startedAt = 0;
  readonly counts: Counts = { looking: 0, proposals: 0, commits: 0, expired: 0 };
  readonly #election: Election;
  readonly #outputs: QuorumOutput[] = [];
  #phase: PeerRole = "stopped";
  #role: Role | undefined;
  readonly #requests: RequestThrottle;
  readonly #early = new EarlyLearners();
  readonly #readOnly: ReadOnlyMode;
  /** The next leader must give this peer everything (`Learner.mustStartOver`). */
  #startOver = false;
  /** The role is over, but the state must be read from the store before the next election. */
  #reloading = false;
  /** Shifts the wall time that this peer stamps on transactions. */
  skewMs = 0;
  readonly #snapshots: Snapshots;

  constructor(options: PeerOptions) {
    this.sid = options.sid;
    this.options = options;
    this.membership = membershipOf(options, undefined);
    const isAlone = standsAlone(options, this.membership);
    this.replica = new Replica(isAlone ? undefined : this.membership, dialects[options.emulate], {
      pieceBytes: options.snapshotPieceBytes,
      tree: "bare",
    });
    const chance = new Prng(`snapshots/${options.sid}/${options.wallOffset}`);
    this.#snapshots = new Snapshots(this.replica, options.snapCount, chance);
    const { tickTime } = options.timing;
    const hasLocals = options.localSessions !== undefined && !isAlone;
    const local = hasLocals ? new LocalSessions(options.sid, tickTime) : undefined;
    this.clients = new Clients(options, this.replica, local);
    this.#requests = new RequestThrottle(options.requestThrottle ?? unthrottled, this.clients);
    this.#readOnly = new ReadOnlyMode(options.readOnlyMode ?? false, tickTime);
    this.#election = new Election(options.sid, this.membership);
  }

  /** The next moment at which the peer has something to do; the driver sends `woken` then. */
  get wakeAt(): number {
    const own = this.#role?.wakeAt ?? Math.min(this.#election.wakeAt, this.#readOnly.wakeAt);
    return Math.min(own, this.clients.local?.wakeAt ?? Number.POSITIVE_INFINITY);
  }

  get role(): PeerRole {
    return this.#phase;
  }
  /** Of an ensemble with a leader; see `role` for read-only service. */
  get serving(): boolean {
    return this.#role?.serving ?? false;
  }
  /** The leader this peer follows or is; undefined while looking. */
  get leader(): Sid | undefined {
    return this.#role?.leader;
  }
  /** Of the role while there is one, else the current epoch. */
  get epoch(): Epoch {
    return this.#role?.epoch ?? this.currentEpoch;
  }
  /** The election's round; not an epoch. */
  get round(): number {
    return this.#election.round;
  }
  get vote(): Sid {
    return this.#election.proposal.leader;
  }
  get lastLogged(): Zxid {
    return this.replica.lastLogged;
  }
  get lastApplied(): Zxid {
    return this.replica.lastApplied;
  }
  get lastCommitted(): Zxid {
    return this.#role?.lastCommitted ?? this.replica.lastTxn;
  }
  /** The leader's part, with its sessions and learners; undefined for everybody else. */
  get leading(): Leading | undefined {
    return this.#role instanceof Leading ? this.#role : undefined;
  }
  get wallOffset(): number {
    return this.options.wallOffset + this.skewMs;
  }

  step(now: number, event: PeerEvent, out: Effect[]): void {
    this.#take(now, event, out);
    if (this.#outputs.length > 0) this.#drain(now, out);
    if (!this.#requests.isEmpty) this.#beginMore(now, out);
  }

  #beginMore(now: number, out: Effect[]): void {
    this.#requests.goOn(now, this.#role ?? this.#readOnly.service, out);
    this.#drain(now, out);
  }

  #take(now: number, event: PeerEvent, out: Effect[]): void {
    const role = this.#role;
    switch (event.type) {
      case "request":
      case "malformed":
        return this.#requests.submit(now, event, role ?? this.#readOnly.service, out);
      case "packet":
        if (role !== undefined) return role.packet(now, event.link, event.packet);
        return this.#early.packet(event.link, event.packet);
      case "appended":
        return role?.appended(now, event.upTo);
      case "woken":
        return this.#woken(now, out);
      case "started":
        return this.#start(now, event, out);
      case "notified":
        return this.#election.notified(now, event.from, event.notification, this.#outputs);
      case "reachable":
        return this.#election.reachable(now, event.sid, event.reachable, this.#outputs);
      case "accepted":
        if (role !== undefined) return role.accepted(now, event.link);
        return this.#tooEarly(event.link);
      case "dialed":
        if (role !== undefined && role.leader === event.to) return role.dialed(now, event.link);
        if (event.link !== undefined) this.#hangUp(event.link); // an earlier role's wish, come true too late
        return;
      case "snapshotSent":
        return role?.snapshotSent(now, event.link, event.isOver);
      case "linkDown":
        this.#early.linkDown(event.link);
        return role?.linkDown(now, event.link);
      case "epochSaved":
        return role?.epochSaved(now, event.which, event.epoch);
      case "snapshotSaved":
        this.#snapshots.saved(event.zxid);
        return role?.snapshotSaved(now, event.zxid);
      case "reloaded":
        return this.#reloaded(now, event, out);
      case "connected":
        return this.clients.connected(now, event.connection, event.remote);
      case "handshake":
        return this.#handshake(now, event, out);
      case "turnedAway":
        return this.clients.traffic.turnedAway(event.over);
      case "disconnected":
        return this.clients.disconnected(event.connection, out);
      case "word":
        return answerConnection(this, now, event, out);
      case "command":
        return obey(this, now, event.command, out);
      default:
        return unreachable(event);
    }
  }

  /** What the driver may do between the steps before `started` and `reloaded`, where it takes many turns. */
  restoring(recovered: Recovered): Parts<Replica> {
    if (recovered.config === undefined || this.#phase !== "stopped") {
      return this.replica.restoring(recovered);
    }
    const membership = membershipOf(this.options, recovered.config);
    const isAlone = standsAlone(this.options, membership);
    return this.replica.restoring(recovered, isAlone ? undefined : membership);
  }

  #start(now: number, restored: Restored, out: Effect[]): void {
    assert(this.#phase === "stopped", "a peer starts once");
    const { acceptedEpoch, currentEpoch, config } = restored.recovered;
    this.acceptedEpoch = acceptedEpoch;
    this.currentEpoch = currentEpoch;
    this.startedAt = now;
    if (config !== undefined) this.membership = membershipOf(this.options, config);
    this.replica.become(restored.made ?? atOnce(this.restoring(restored.recovered)));
    if (!standsAlone(this.options, this.membership)) return this.#look(now, "started", out);
    const alone = new Standalone(this.replica.lastLogged);
    this.#assume(makeLeading(this, alone, this.#outputs), "a single server", out);
    this.#established(now, epochFrom(0), out);
  }

  #woken(now: number, out: Effect[]): void {
    this.clients.woken(now, out);
    const role = this.#role;
    if (role !== undefined) return now >= role.wakeAt ? role.woken(now) : undefined;
    if (this.#readOnly.woken(now)) this.#setPhase("readonly", "there is no leader", out);
    if (now >= this.#election.wakeAt) this.#election.woken(now, this.#outputs);
  }

  #handshake(now: number, event: PeerEvent & { readonly type: "handshake" }, out: Effect[]): void {
    const service = this.#role ?? this.#readOnly.service;
    this.clients.handshake(now, event.connection, event.request, service, out);
  }

  // ------------------------------------------------------------------ roles

  #look(now: number, why: string, out: Effect[]): void {
    this.#role = undefined;
    this.#readOnly.look(now);
    this.counts.looking += 1;
    this.#setPhase("looking", why, out);
    this.#learnFromLog(now, out);
    const history = { zxid: this.replica.lastLogged, epoch: this.currentEpoch };
    this.#election.start(now, history, this.#outputs);
  }

  #elected(now: number, leader: Sid, out: Effect[]): void {
    report({ type: "election", change: "decided", round: this.round, vote: leader }, out);
    if (this.#readOnly.end()) this.clients.closeAll("read-only service is over", out);
    const why = leader === this.sid ? "elected" : `elected peer ${leader}`;
    this.#enter(now, leader, { why, isDesignated: false }, out);
  }

  /** A reconfiguration has named the leader: there is no election. */
  #appointed(now: number, leader: Sid, out: Effect[]): void {
    this.#learnFromLog(now, out);
    const { lastLogged: zxid, currentEpoch: epoch } = this;
    this.#election.appoint({ leader, zxid, epoch });
    const why = `a reconfiguration made peer ${leader} the leader`;
    this.#enter(now, leader, { why, isDesignated: true }, out);
  }

  /** What the log holds of a reconfiguration counts, committed or not. */
  #learnFromLog(now: number, out: Effect[]): void {
    const { configInForce, config } = this.replica;
    const known = configInForce && this.membership.activating(configInForce);
    if (known !== undefined && known !== this.membership) this.#reconfigured(now, known, out);
    this.#see(config, out);
    this.#election.membership = this.membership;
  }

  #see(config: EnsembleConfig | undefined, out: Effect[]): void {
    const { lastSeen } = this.membership;
    this.membership = this.membership.seeing(config);
    if (this.membership.lastSeen.version !== lastSeen.version) this.#saveConfig(out);
  }

  #saveConfig(out: Effect[]): void {
    const { text, nextText: next } = this.membership;
    out.push({ type: "saveConfig", text, next });
  }

  #enter(
    now: number,
    leader: Sid,
    { why, isDesignated }: { readonly why: string; readonly isDesignated: boolean },
    out: Effect[],
  ): void {
    if (leader !== this.sid) {
      const options = { now, leader, isDesignated, startOver: this.#startOver };
      const role = makeFollowing(this, options, this.#outputs);
      this.#assume(role, why, out);
      for (const [link] of this.#early.take()) this.#hangUp(link);
      return role.learner.start(this.#outputs);
    }
    const quorum = makeLeader(this, now);
    this.#assume(makeLeading(this, quorum, this.#outputs), why, out);
    quorum.start(now, this.#outputs);
    for (const [link, packet] of this.#early.take()) {
      quorum.accepted(now, link);
      if (packet !== undefined) quorum.packet(now, link, packet, this.#outputs);
    }
  }

  #assume(role: Role, why: string, out: Effect[]): void {
    this.#role = role;
    this.clients.outstandingMax = this.#outstandingMax(role);
    this.#setPhase(role.kind, why, out);
  }

  /** A leader of more than two voters leaves room for what they send on (LeaderZooKeeperServer). */
  #outstandingMax({ kind }: Role): number {
    const limit = this.options.globalOutstandingLimit ?? Number.POSITIVE_INFINITY;
    const voters = this.membership.verifier.voters.length;
    return kind === "leading" && voters > 2 ? Math.floor(limit / (voters - 1)) : limit;
  }

  #established(now: number, epoch: Epoch, out: Effect[]): void {
    const role = this.#role;
    if (role instanceof Leading) {
      if (role.kind === "leading") this.replica.establish(epoch);
      role.established(now);
    }
    if (role instanceof Following) this.#see(this.replica.config, out);
    this.#election.establish(epoch);
    this.#startOver = false;
    report({ type: "serving", epoch, leader: role?.leader ?? this.sid }, out);
  }

  /**
   * The role is over. What is in the log counts in the next election, committed or not, and so must the tree: it is brought
   * up to the log's end, or read from the store where it is torn.
   */
  #deposed(now: number, why: string, designated: Sid | undefined, out: Effect[]): void {
    const role = this.#role;
    if (role === undefined) return;
    this.clients.closeAll("the peer does not serve any more", out);
    this.#role = undefined;
    this.#snapshots.abandon();
    if (role instanceof Following && role.learner.mustStartOver) this.#startOver = true;
    if (role.stateIsTorn || this.#reloading) {
      this.#setPhase("looking", why, out);
      if (!this.#reloading) out.push({ type: "reload" });
      this.#reloading = true;
      return;
    }
    for (const entry of role.undelivered) this.replica.apply(entry, false);
    if (designated === undefined) this.#look(now, why, out);
    else this.#appointed(now, designated, out);
  }

  /** The store's answer to a truncation (the role goes on) or to a reload between roles. */
  #reloaded(now: number, restored: Restored, out: Effect[]): void {
    this.#reloading = false;
    this.replica.become(restored.made ?? atOnce(this.restoring(restored.recovered)));
    if (this.#role === undefined) return this.#look(now, "state read from the store", out);
    this.#role.reloaded(now, this.replica.lastLogged);
  }

  #reconfigured(now: number, membership: Membership, out: Effect[]): void {
    this.membership = membership;
    this.#election.membership = membership;
    this.replica.configure(membership, now + this.wallOffset);
    this.#saveConfig(out);
    out.push({ type: "reconfigured", config: membership.committed });
  }

  #setPhase(to: PeerRole, why: string, out: Effect[]): void {
    const from = this.#phase;
    this.#phase = to;
    if (from !== to) report({ type: "role", from, to, why }, out);
  }

  #tooEarly(link: LinkId): void {
    const oldest = this.#early.accepted(link);
    if (oldest !== undefined) this.#hangUp(oldest);
  }

  #hangUp(link: LinkId): void {
    this.#outputs.push({ type: "hangUp", link, why: "not the leader" });
  }

  // ------------------------------------------------------------------ outputs of the quorum machines

  #drain(now: number, out: Effect[]): void {
    const outputs = this.#outputs;
    for (let index = 0; index < outputs.length; index += 1) {
      this.#carryOut(now, outputs[index] as QuorumOutput, out);
    }
    while (outputs.length > 0) outputs.pop(); // setting the length to 0 would give the array's memory away
  }

  #carryOut(now: number, output: QuorumOutput, out: Effect[]): void {
    switch (output.type) {
      case "append":
        if (output.entry.txn.type === OpCode.reconfig) this.#see(configIn(output.entry), out);
        this.replica.lastLogged = output.entry.zxid;
        this.#snapshots.appended();
        if (this.#phase === "leading") this.counts.proposals += 1;
        out.push(output);
        return;
      case "truncate":
        this.#reloading = true;
        out.push(output);
        return;
      case "vote":
      case "dial":
      case "send":
      case "sendSnapshot":
      case "hangUp":
      case "reload":
      case "saveConfig":
      case "saveSnapshot":
        out.push(output);
        return;
      case "saveEpoch":
        // Counts from here on, not from when it is durable: the next role must not ask for a lower one behind it.
        if (output.which === "accepted") this.acceptedEpoch = output.epoch;
        else this.currentEpoch = output.epoch;
        out.push(output);
        return;
      case "deliver":
        return this.#deliver(now, output.entry, out);
      case "elected":
        return this.#elected(now, output.vote.leader, out);
      case "electionNews":
        return reportElection(output, this.round, out);
      case "established":
        return this.#established(now, output.epoch, out);
      case "deposed":
        return this.#deposed(now, output.why, output.designated, out);
      case "reconfigured":
        return this.#reconfigured(now, output.membership, out);
      case "load":
        return this.#load(output);
      case "clear":
        return this.replica.clear();
      case "snapshotNeeded":
        this.replica.settle();
        this.#see(this.replica.config, out);
        return this.#snapshots.replaceLog(out);
      case "synced":
        return this.clients.synced(now, out);
      case "revalidated":
        if (this.#role === undefined) return;
        return this.clients.revalidated(now, output.session, output.valid, this.#role, out);
      case "forwarded":
        return this.leading?.forwarded(now, output.link, output.packet);
      case "touched":
        for (const { session, timeout } of output.touches) {
          this.leading?.touch(now, session, timeout);
        }
        return;
      case "revalidate":
        this.leading?.revalidateFor(now, output.link, output.session, output.timeout);
        return this.clients.askAnew(output.session);
      case "warning":
        return report({ type: "log", level: "warn", text: output.text }, out);
      default:
        return unreachable(output);
    }
  }

  /** A snapshot is checked as it is built: one that makes no sense ends the role, as a broken link would. */
  #load({ bytes, last, zxid }: QuorumOutput & { readonly type: "load" }): void {
    try {
      this.replica.load(bytes, last, zxid);
    } catch (error) {
      if (!(error instanceof ProtocolError) || !(this.#role instanceof Following)) throw error;
      this.#role.learner.refuse(error.message, this.#outputs);
    }
  }

  #deliver(now: number, entry: LogEntry, out: Effect[]): void {
    const role = this.#role;
    const { fired } = this.replica;
    const connection = this.clients.connectionOf(entry.txn.session);
    const result = this.replica.apply(entry, connection !== undefined);
    if (entry.txn.type === OpCode.createSession)
      this.clients.local?.becameGlobal(entry.txn.session);
    role?.delivered(now, entry);
    if (role instanceof Leading) reportCommit(role, this.counts, entry.txn, out);
    if (fired.length > 0) this.clients.notify(entry.zxid, fired, out);
    if (role !== undefined && connection !== undefined) {
      this.clients.settle(now, connection, entry.txn, result, role, out);
    }
    while (fired.length > 0) fired.pop();
    if (role?.serving === true) this.#snapshots.takeIfDue(out);
  }
}
