import {
  type Epoch,
  epochFrom,
  formatZxid,
  type LinkId,
  makeZxid,
  type SessionId,
  type Sid,
  type Zxid,
  zxidZero,
} from "../base/ids.ts";
import type { QuorumPacket } from "../packets/quorum-packet.ts";
import type { LogEntry } from "../txn/log-entry.ts";
import type { Beginning } from "./beginning.ts";
import type { EnsembleConfig } from "./config.ts";
import type { QuorumOutput } from "./effects.ts";
import { type LearnerPhase, redialMs, whyOver } from "./learner-phase.ts";
import { configIn, isMajorChange, type Membership } from "./membership.ts";
import { Received } from "./received.ts";
import type { QuorumTiming } from "./timing.ts";
import { Touches } from "./touches.ts";

export interface LearnerOptions extends Beginning {
  readonly leader: Sid;
  readonly observer: boolean;
  /** A reconfiguration named the leader: it may not know yet, and hangs up until it does. */
  readonly isDesignated: boolean;
  readonly lastLogged: Zxid;
  readonly startOver: boolean;
}

/**
 * A follower or an observer of one leader.
 *
 *   dialing ─▶ FOLLOWERINFO ─LEADERINFO▶ acceptedEpoch durable ─▶ ACKEPOCH
 *     ─DIFF | TRUNC | SNAP, history, NEWLEADER▶ history durable and applied ─▶ currentEpoch durable ─▶ ACK
 *     ─UPTODATE▶ serving: PROPOSAL ─▶ append ─durable▶ ACK; COMMIT ─▶ deliver
 *
 * The order at NEWLEADER is what closes ZOOKEEPER-3911, 4643, 4646 and 4785. Proposals that are not committed when NEWLEADER
 * comes are kept and logged after UPTODATE (ZOOKEEPER-4394); their ACKs never precede that of NEWLEADER (ZOOKEEPER-4685).
 *
 * A configuration is in force with COMMITANDACTIVATE or INFORMANDACTIVATE, or with UPTODATE after a NEWLEADER that carried it. One
 * that gives this peer another role or another leader ends the role.
 */
export class Learner {
  wakeAt: number;
  serving = false;
  /** The state in memory is not what the store holds: whoever takes over must load it anew (ZOOKEEPER-3642). */
  stateIsTorn = false;
  /** The next learner must tell its leader that it has nothing: the store cannot go back to where this leader wanted. */
  mustStartOver = false;
  epoch: Epoch;
  readonly leader: Sid;
  readonly #observer: boolean;
  #membership: Membership;
  /** What NEWLEADER carried: in force with UPTODATE. */
  #leaderConfig = "";
  readonly #sid: Sid;
  readonly #timing: QuorumTiming;
  readonly #acceptedEpoch: Epoch;
  readonly #currentEpoch: Epoch;
  /** As reported in ACKEPOCH; zero when starting over. */
  readonly #lastLogged: Zxid;
  readonly #startOver: boolean;
  readonly #isDesignated: boolean;
  /** undefined before the dial succeeds, and after the role is over. */
  #link: LinkId | undefined;
  #phase: LearnerPhase = { name: "dialing", attempt: 0, redialAt: Number.POSITIVE_INFINITY };
  #deadline: number;
  /** The state came as a snapshot, which must become durable as one; COMMITs until NEWLEADER go to memory only. */
  #fromSnapshot = false;
  #snapshotZxid: Zxid = zxidZero;
  readonly #received = new Received();
  readonly #touches = new Touches();

  constructor(options: LearnerOptions) {
    this.#sid = options.sid;
    this.leader = options.leader;
    this.#observer = options.observer;
    this.#membership = options.membership;
    this.#isDesignated = options.isDesignated;
    this.#timing = options.timing;
    this.#acceptedEpoch = options.acceptedEpoch;
    this.#currentEpoch = options.currentEpoch;
    this.epoch = options.currentEpoch;
    this.#lastLogged = options.startOver ? zxidZero : options.lastLogged;
    this.#startOver = options.startOver;
    this.#deadline = options.now + this.#timing.initLimit * this.#timing.tickTime;
    this.wakeAt = this.#deadline;
  }

  get undelivered(): readonly LogEntry[] {
    return this.#received.uncommitted;
  }

  start(out: QuorumOutput[]): void {
    out.push({ type: "dial", to: this.leader });
  }

  dialed(now: number, link: LinkId | undefined, out: QuorumOutput[]): void {
    const phase = this.#phase;
    if (phase.name !== "dialing") {
      if (link !== undefined) out.push({ type: "hangUp", link, why: "not asked for any more" });
      return;
    }
    if (link === undefined) return this.#redial(now, phase.attempt, out);
    this.#link = link;
    this.#phase = { name: "discovery", attempt: phase.attempt };
    this.#scheduleWake();
    this.#send(
      {
        type: this.#observer ? "OBSERVERINFO" : "FOLLOWERINFO",
        sid: this.#sid,
        acceptedEpoch: this.#acceptedEpoch,
        configVersion: this.#membership.committed.version,
      },
      out,
    );
  }

  linkDown(now: number, link: LinkId, out: QuorumOutput[]): void {
    if (link !== this.#link) return;
    const phase = this.#phase;
    if (phase.name !== "discovery" || !this.#isDesignated) {
      return this.#depose("the leader is gone", out);
    }
    // Apache's peers listen only while they lead: to them this is a connection refused.
    this.#link = undefined;
    this.#redial(now, phase.attempt, out);
  }

  woken(now: number, out: QuorumOutput[]): void {
    if (now >= this.#deadline) return this.#depose(whyOver(this.#phase), out);
    if (this.#phase.name === "dialing" && now >= this.#phase.redialAt) {
      this.#phase = { ...this.#phase, redialAt: Number.POSITIVE_INFINITY };
      out.push({ type: "dial", to: this.leader });
    }
    this.#scheduleWake();
  }

  packet(now: number, link: LinkId, packet: QuorumPacket, out: QuorumOutput[]): void {
    if (link !== this.#link || this.#phase.name === "refusing") return;
    this.#expectMore(now);
    const phase = this.#phase;
    switch (phase.name) {
      case "serving":
        return this.#broadcast(packet, out);
      case "truncating":
        phase.waiting.push(packet);
        return;
      case "syncing":
      case "adopting":
      case "adopted":
        return this.#synchronise(now, packet, out);
      case "discovery":
        return this.#discover(now, packet, out);
      case "promised":
        return this.#beginSync(packet, out);
      case "dialing":
      case "promising":
        return this.#depose(`${packet.type} while ${phase.name}`, out);
    }
  }

  epochSaved(which: "accepted" | "current", epoch: Epoch, out: QuorumOutput[]): void {
    if (epoch !== this.epoch) return;
    if (which === "accepted" && this.#phase.name === "promising") {
      this.#acknowledgeEpoch(this.#currentEpoch, out);
    } else if (which === "current" && this.#isAwaiting("epoch")) {
      this.#phase = { name: "adopted" };
      this.#send({ type: "ACK", zxid: makeZxid(this.epoch, 0) }, out);
    }
  }

  appended(upTo: Zxid, out: QuorumOutput[]): void {
    const phase = this.#phase;
    if (phase.name === "adopting") {
      if (phase.awaits === "log" && upTo >= phase.upTo) this.#saveEpoch(out);
      return;
    }
    for (
      let zxid = this.#received.takeUnacked(upTo);
      zxid !== undefined;
      zxid = this.#received.takeUnacked(upTo)
    ) {
      if (!this.#observer) this.#send({ type: "ACK", zxid }, out);
    }
  }

  snapshotSaved(zxid: Zxid, out: QuorumOutput[]): void {
    const phase = this.#phase;
    if (phase.name === "adopting" && phase.awaits === "snapshot" && zxid >= phase.upTo) {
      this.#saveEpoch(out);
    }
  }

  /** The log was cut; `lastLogged` is what remains. */
  reloaded(now: number, lastLogged: Zxid, out: QuorumOutput[]): void {
    const phase = this.#phase;
    if (phase.name !== "truncating" || this.#link === undefined) return;
    if (lastLogged !== this.#snapshotZxid) {
      // The target lies inside a snapshot, or this peer never had it: it must be given everything.
      this.mustStartOver = true;
      return this.#depose(`the log cannot be cut at ${formatZxid(this.#snapshotZxid)}`, out);
    }
    this.#phase = { name: "syncing" };
    const link = this.#link; // one of them may end the role: then the others are not for it any more
    for (const packet of phase.waiting) this.packet(now, link, packet, out);
  }

  /** The server can make nothing of what the leader sent. */
  refuse(why: string, out: QuorumOutput[]): void {
    this.#depose(why, out);
  }

  // ------------------------------------------------------------------ what the server sends through its leader

  request(packet: QuorumPacket & { type: "REQUEST" | "REVALIDATE" }, out: QuorumOutput[]): void {
    this.#send(packet, out);
  }

  touch(session: SessionId, timeout: number): void {
    this.#touches.note(session, timeout);
  }

  // ------------------------------------------------------------------ discovery

  #redial(now: number, attempt: number, out: QuorumOutput[]): void {
    const pause = redialMs[attempt];
    if (pause === undefined) return this.#depose("the leader cannot be reached", out);
    this.#phase = { name: "dialing", attempt: attempt + 1, redialAt: now + pause };
    this.#scheduleWake();
  }

  #discover(now: number, packet: QuorumPacket, out: QuorumOutput[]): void {
    if (packet.type !== "LEADERINFO") {
      return this.#depose(`${packet.type} where LEADERINFO was due`, out);
    }
    if (packet.epoch < this.#acceptedEpoch) {
      this.#phase = { name: "refusing", epoch: packet.epoch };
      this.#deadline = now + this.#timing.tickTime;
      return this.#scheduleWake();
    }
    this.epoch = packet.epoch;
    if (packet.epoch > this.#acceptedEpoch) {
      this.#phase = { name: "promising" };
      out.push({ type: "saveEpoch", which: "accepted", epoch: packet.epoch });
    } else {
      // Promised before: the answer must not count as a second vote (Learner.registerWithLeader).
      this.#acknowledgeEpoch(epochFrom(-1), out);
    }
  }

  #acknowledgeEpoch(currentEpoch: Epoch, out: QuorumOutput[]): void {
    this.#phase = { name: "promised" };
    this.#send({ type: "ACKEPOCH", lastLogged: this.#lastLogged, currentEpoch }, out);
  }

  // ------------------------------------------------------------------ synchronisation

  #beginSync(packet: QuorumPacket, out: QuorumOutput[]): void {
    this.#phase = { name: "syncing" };
    switch (packet.type) {
      case "DIFF":
        // The packet's zxid is the leader's, not yet this peer's (ZOOKEEPER-2355).
        this.#received.endsAt(this.#lastLogged);
        if (!this.#startOver) return;
        out.push({ type: "clear" });
        this.stateIsTorn = true;
        this.#fromSnapshot = true;
        return;
      case "TRUNC":
        this.#snapshotZxid = packet.zxid;
        this.#received.endsAt(packet.zxid);
        if (this.#startOver) return this.#depose("TRUNC to one that has nothing", out);
        this.#phase = { name: "truncating", waiting: [] };
        out.push({ type: "truncate", after: packet.zxid });
        return;
      case "SNAP":
        this.stateIsTorn = true;
        this.#fromSnapshot = true;
        this.#snapshotZxid = packet.zxid;
        this.#received.endsAt(packet.zxid);
        return;
      default:
        return this.#depose(`${packet.type} where the history was due`, out);
    }
  }

  #synchronise(now: number, packet: QuorumPacket, out: QuorumOutput[]): void {
    switch (packet.type) {
      case "SNAPSHOT":
        out.push({
          type: "load",
          bytes: packet.bytes,
          last: packet.last,
          zxid: this.#snapshotZxid,
        });
        return;
      case "PROPOSAL":
        return this.#received.keep(packet.entry);
      case "INFORM":
        this.#received.keep(packet.entry);
        return this.#commitEarly(packet.entry.zxid, out);
      case "INFORMANDACTIVATE":
        this.#received.keep(packet.entry);
        if (!this.#activate(configIn(packet.entry), packet.designated, out)) return;
        return this.#commitEarly(packet.entry.zxid, out);
      case "COMMIT":
        return this.#commitEarly(packet.zxid, out);
      case "COMMITANDACTIVATE": {
        const config = configIn(this.#received.kept(packet.zxid));
        if (!this.#activate(config, packet.designated, out)) return;
        return this.#commitEarly(packet.zxid, out);
      }
      case "NEWLEADER":
        this.#leaderConfig = packet.config ?? "";
        return this.#adopt(packet.zxid, out);
      case "UPTODATE":
        return this.#serve(now, out);
      default:
        return; // a PING before UPTODATE is not answered
    }
  }

  #commitEarly(zxid: Zxid, out: QuorumOutput[]): void {
    const received = this.#received;
    if (zxid <= received.newest) return;
    if (!this.#fromSnapshot || this.#phase.name !== "syncing") return received.commitLater(zxid);
    // Covered by the snapshot that is saved at NEWLEADER: to memory only.
    const { nextKept } = received;
    const entry = received.takeKept(zxid);
    if (entry !== undefined) out.push({ type: "deliver", entry });
    else out.push({ type: "warning", text: `COMMIT of ${zxid} while the next is ${nextKept}` });
  }

  /** History durable and applied, then the epoch durable, then the ACK. */
  #adopt(zxid: Zxid, out: QuorumOutput[]): void {
    if (zxid !== makeZxid(this.epoch, 0) || this.#phase.name !== "syncing") {
      return this.#depose(`NEWLEADER of ${formatZxid(zxid)} in epoch ${this.epoch}`, out);
    }
    if (this.#fromSnapshot) {
      this.#phase = { name: "adopting", awaits: "snapshot", upTo: this.#snapshotZxid };
      out.push({ type: "snapshotNeeded" });
      return;
    }
    let upTo: Zxid | undefined;
    for (const committed of this.#received.takeCommitted()) {
      const { nextKept } = this.#received;
      const entry = this.#received.takeKept(committed);
      if (entry === undefined) {
        return this.#depose(`COMMIT of ${committed} where ${nextKept} is next`, out);
      }
      out.push({ type: "append", entry }, { type: "deliver", entry });
      upTo = committed;
    }
    if (upTo === undefined) return this.#saveEpoch(out);
    this.#phase = { name: "adopting", awaits: "log", upTo };
  }

  #saveEpoch(out: QuorumOutput[]): void {
    this.stateIsTorn = false;
    this.#phase = { name: "adopting", awaits: "epoch", upTo: zxidZero };
    out.push({ type: "saveEpoch", which: "current", epoch: this.epoch });
  }

  #isAwaiting(what: "log" | "snapshot" | "epoch"): boolean {
    return this.#phase.name === "adopting" && this.#phase.awaits === what;
  }

  #serve(now: number, out: QuorumOutput[]): void {
    if (this.#phase.name !== "adopted") {
      return this.#depose(`UPTODATE while ${this.#phase.name}`, out);
    }
    const config = this.#membership.laterIn(this.#leaderConfig);
    if (!this.#activate(config, undefined, out)) return;
    this.#phase = { name: "serving" };
    this.serving = true;
    this.#expectMore(now);
    this.#send({ type: "ACK", zxid: makeZxid(this.epoch, 0) }, out);
    out.push({ type: "established", epoch: this.epoch });
    for (const entry of this.#received.takeUnlogged()) this.#log(entry, out);
    for (const zxid of this.#received.takeCommitted()) this.#commit(zxid, out);
  }

  // ------------------------------------------------------------------ broadcast

  #broadcast(packet: QuorumPacket, out: QuorumOutput[]): void {
    switch (packet.type) {
      case "PROPOSAL":
        if (!this.#observer) this.#log(packet.entry, out);
        return;
      case "COMMIT":
        if (!this.#observer) this.#commit(packet.zxid, out);
        return;
      case "COMMITANDACTIVATE": {
        const entry = this.#received.nextUncommitted;
        if (this.#observer || entry === undefined) return;
        this.#commit(packet.zxid, out);
        this.#activate(configIn(entry), packet.designated, out);
        return;
      }
      case "INFORM":
        this.#log(packet.entry, out);
        return this.#commit(packet.entry.zxid, out);
      case "INFORMANDACTIVATE":
        this.#log(packet.entry, out);
        this.#commit(packet.entry.zxid, out);
        this.#activate(configIn(packet.entry), packet.designated, out);
        return;
      case "PING":
        this.#send({ type: "PING", zxid: packet.zxid, touched: this.#touches.take() }, out);
        return;
      case "REVALIDATED":
        out.push({ type: "revalidated", session: packet.session, valid: packet.valid });
        return;
      case "SYNC":
        out.push({ type: "synced" });
        return;
      default:
        return; // what the leader should not send is ignored, as in Follower.processPacket
    }
  }

  #log(entry: LogEntry, out: QuorumOutput[]): void {
    if (this.#link === undefined) return;
    const { newest } = this.#received;
    switch (this.#received.log(entry)) {
      case "again":
        // A leader of 3.9.0 to 3.9.5 that got a malformed write proposes a zxid twice: logged and acknowledged once.
        out.push({ type: "warning", text: `PROPOSAL ${entry.zxid} after ${newest}` });
        return;
      case "hole":
        return this.#depose(`a hole before PROPOSAL ${formatZxid(entry.zxid)}`, out);
      case "logged":
        out.push({ type: "append", entry });
    }
  }

  #commit(zxid: Zxid, out: QuorumOutput[]): void {
    if (this.#link === undefined) return;
    const entry = this.#received.nextUncommitted;
    if (entry === undefined) {
      out.push({
        type: "warning",
        text: `COMMIT of ${formatZxid(zxid)}, which was never proposed`,
      });
      return;
    }
    if (entry.zxid !== zxid) {
      return this.#depose(`COMMIT of ${formatZxid(zxid)} before ${formatZxid(entry.zxid)}`, out);
    }
    this.#received.takeUncommitted();
    out.push({ type: "deliver", entry });
  }

  /** Whether the role goes on under a configuration that is in force by now; undefined: none is new. */
  #activate(
    config: EnsembleConfig | undefined,
    designated: Sid | undefined,
    out: QuorumOutput[],
  ): boolean {
    if (this.#link === undefined) return false;
    const from = this.#membership;
    const to = config === undefined ? from : from.activating(config);
    if (to === from) return true;
    this.#membership = to;
    out.push({ type: "reconfigured", membership: to });
    const { leader } = this;
    if (!isMajorChange({ from, to }, { sid: this.#sid, leader, designated })) return true;
    this.#depose("a reconfiguration changes its role or its leader", out, designated);
    return false;
  }

  // ------------------------------------------------------------------

  #send(packet: QuorumPacket, out: QuorumOutput[]): void {
    if (this.#link !== undefined) out.push({ type: "send", link: this.#link, packet });
  }

  #depose(why: string, out: QuorumOutput[], designated?: Sid): void {
    out.push({ type: "deposed", why, designated });
    if (this.#link !== undefined) out.push({ type: "hangUp", link: this.#link, why });
    this.#link = undefined;
    this.wakeAt = Number.POSITIVE_INFINITY;
  }

  /** The leader was heard. How long its silence may last shrinks when serving begins. */
  #expectMore(now: number): void {
    const limit = this.serving ? this.#timing.syncLimit : this.#timing.initLimit;
    this.#deadline = now + limit * this.#timing.tickTime;
    this.#scheduleWake();
  }

  #scheduleWake(): void {
    const redialAt =
      this.#phase.name === "dialing" ? this.#phase.redialAt : Number.POSITIVE_INFINITY;
    this.wakeAt = Math.min(this.#deadline, redialAt);
  }
}
