import { type Epoch, epochFrom, longMin, type Sid, sidOf, type Zxid, zxidOf } from "../base/ids.ts";
import { type Notification, PeerState, type Vote } from "../packets/notification.ts";
import { hasSameMembers } from "./config.ts";
import type { QuorumOutput } from "./effects.ts";
import type { Membership } from "./membership.ts";
import type { QuorumVerifier } from "./verifier.ts";
import { beats, type CastVote, supporters } from "./vote.ts";

/** How long a quorum's choice waits for a better candidate among voters that are silent but may be there. */
export const settlingMs = 200;
const resendMs = 200;
const resendMsMax = 60_000;
/** Of how many peers it is remembered that they were answered: strangers have any number. */
const toldMax = 256;

/**
 * Fast leader election (FastLeaderElection.lookForLeader), and between elections the answers to those who look.
 *
 *   idle ──start──▶ voting: every change of mind goes to all voters; again after 200 ms, 400 ms, … of silence
 *   voting ──a quorum for the proposal──▶ settling: 200 ms for a better one; none, when every voter has voted or is known to
 *            be out of reach, for then nothing better can come
 *   voting, settling ──a quorum that follows a leader who says so itself──▶ decided
 *   settling ──time──▶ decided: `elected`; the vote is kept and given to those who ask
 */
export class Election {
  wakeAt: number = Number.POSITIVE_INFINITY;
  /** The logical clock: of this process, in memory only; unrelated to the epoch. */
  round = 0;
  readonly #sid: Sid;
  #membership: Membership;
  #state: PeerState = PeerState.looking;
  #phase: "idle" | "voting" | "settling" = "idle";
  /** What this peer tells those who ask while it is not looking, and strangers always. */
  #current: CastVote;
  /** This peer's own candidacy: what it voted for first in this election. */
  #own: Vote;
  #proposal: Vote;
  /** Votes of this round, this peer's own included. */
  readonly #votes = new Map<Sid, CastVote>();
  /** Votes of those who follow or lead, of any round. */
  readonly #established = new Map<Sid, CastVote>();
  /** What the driver last said of the way to each peer. */
  readonly #reachable = new Map<Sid, boolean>();
  /** In which round a peer that does not count was answered. */
  readonly #told = new Map<Sid, number>();
  #resendMs = resendMs;
  #history: { readonly zxid: Zxid; readonly epoch: Epoch };

  constructor(sid: Sid, membership: Membership) {
    this.#sid = sid;
    this.#membership = membership;
    this.#history = { zxid: zxidOf(0), epoch: epochFrom(0) };
    this.#own = { leader: sid, ...this.#history };
    this.#proposal = this.#own;
    this.#current = { vote: this.#own, round: 0, state: PeerState.looking, version: 2 };
  }

  get proposal(): Vote {
    return this.#proposal;
  }

  /** Who votes from here on, and what those who ask are told of it. */
  set membership(membership: Membership) {
    this.#membership = membership;
  }

  /** Begins a new round with this peer's own history: its last logged zxid (committed or not) and its current epoch. */
  start(now: number, history: { zxid: Zxid; epoch: Epoch }, out: QuorumOutput[]): void {
    this.#history = history;
    this.#own = this.#membership.isVoter(this.#sid)
      ? { leader: this.#sid, zxid: history.zxid, epoch: history.epoch }
      : { leader: sidOf(longMin), zxid: zxidOf(longMin), epoch: epochFrom(longMin) };
    this.#state = PeerState.looking;
    this.#phase = "voting";
    this.round += 1;
    this.#votes.clear();
    this.#established.clear();
    this.#resendMs = resendMs;
    out.push({ type: "electionNews", change: "started", vote: this.#own });
    this.#propose(now, this.#own, out);
    this.#count(now, out);
  }

  /** No election: a reconfiguration has named the leader. */
  appoint(vote: Vote): void {
    this.#settleOn(vote, this.round);
  }

  notified(now: number, from: Sid, n: Notification, out: QuorumOutput[]): void {
    if (this.#phase !== "idle" && this.#learns(now, n.config, out)) return;
    if (!this.#verifier.isVoter(from)) {
      // A stranger or an observer never enters the algorithm, but is told how things are (WorkerReceiver.run). Apache answers
      // those too who are not looking: then a voter that looks and an observer that does not answer each other for ever.
      if (n.state !== PeerState.looking || !this.#isNews(from)) return;
      return this.#answer(from, { ...this.#current, round: this.round }, out);
    }
    if (this.#phase === "idle") {
      if (n.state === PeerState.looking) this.#answer(from, this.#current, out);
      return;
    }
    if (n.state === PeerState.looking && n.round < this.round) {
      // From one who has no vote it would only bring an answer of that round again.
      if (this.#verifier.isVoter(this.#sid) && this.#isNews(from)) {
        this.#answer(from, this.#cast(), out);
      }
      return;
    }
    if (!this.#verifier.isVoter(n.vote.leader)) {
      if (n.state === PeerState.looking && n.vote.leader === longMin) {
        this.#invite(now, from, n.round, out);
      }
      return;
    }
    const cast = { vote: n.vote, round: n.round, state: n.state, version: n.version };
    if (n.state === PeerState.looking) this.#weigh(now, from, cast, out);
    else if (n.state !== PeerState.observing) this.#join(from, cast, out);
  }

  /**
   * Who looks answers whom it does not count once a round only: peers of different configurations, who do not count each other,
   * would go on for ever.
   */
  #isNews(to: Sid): boolean {
    if (this.#phase === "idle") return true;
    if (this.#told.get(to) === this.round) return false;
    if (this.#told.size >= toldMax) this.#told.clear();
    this.#told.set(to, this.round);
    return true;
  }

  /** News of the way to a peer: one that cannot be reached is not waited for; one that can be again hears the vote. */
  reachable(now: number, sid: Sid, reachable: boolean, out: QuorumOutput[]): void {
    this.#told.delete(sid);
    if (!this.#verifier.isVoter(sid)) return;
    this.#reachable.set(sid, reachable);
    if (this.#phase === "idle") return;
    if (reachable) this.#answer(sid, this.#cast(), out);
    else this.#count(now, out);
  }

  woken(now: number, out: QuorumOutput[]): void {
    if (this.#phase === "settling") return this.#decide(this.#proposal, this.round, out);
    if (this.#phase === "idle") return;
    this.#resendMs = Math.min(this.#resendMs * 2, resendMsMax);
    this.#sendToAll(now, out);
  }

  /** The new epoch is established: those who ask must hear it, or two peers' answers never agree (ZOOKEEPER-1732). */
  establish(epoch: Epoch): void {
    this.#current = { ...this.#current, vote: { ...this.#current.vote, epoch } };
  }

  /**
   * A configuration later than this peer's own is in force somewhere: from here on it is here too (WorkerReceiver.run). True where
   * it has other members, by whom the election is held anew.
   */
  #learns(now: number, text: string, out: QuorumOutput[]): boolean {
    const before = this.#membership;
    const config = text === before.text ? undefined : before.laterIn(text);
    if (config === undefined) return false;
    this.#membership = before.activating(config);
    out.push({ type: "reconfigured", membership: this.#membership });
    if (hasSameMembers(before.committed, config)) return false;
    this.start(now, this.#history, out);
    return true;
  }

  /**
   * A voter without a candidate: it votes under the next configuration only, and needs somebody's vote of its own round to join. In
   * Apache the two wait for each other's round.
   */
  #invite(now: number, from: Sid, round: number, out: QuorumOutput[]): void {
    if (round > this.round) {
      this.round = round;
      this.#votes.clear();
      this.#propose(now, this.#own, out);
      this.#count(now, out);
    } else if (this.#isNews(from)) {
      this.#answer(from, this.#cast(), out);
    }
  }

  #weigh(now: number, from: Sid, cast: CastVote, out: QuorumOutput[]): void {
    // "Empty and not trusted" neither elects nor is elected.
    if (this.#own.zxid === -1 || cast.vote.zxid === -1) return;
    if (cast.round > this.round) {
      this.round = cast.round;
      this.#votes.clear();
      const better = beats(cast.vote, this.#own, this.#verifier) ? cast.vote : this.#own;
      this.#propose(now, better, out);
    } else if (beats(cast.vote, this.#proposal, this.#verifier)) {
      this.#propose(now, cast.vote, out);
    }
    this.#votes.set(from, cast);
    this.#count(now, out);
  }

  /** Somebody follows or leads already: join in once a quorum does and the leader is among those who say so. */
  #join(from: Sid, cast: CastVote, out: QuorumOutput[]): void {
    if (cast.round === this.round) {
      this.#votes.set(from, { ...cast, version: 0 });
      if (this.#isLed(this.#votes, cast)) return this.#decide(cast.vote, this.round, out);
    }
    this.#established.set(from, cast);
    if (this.#isLed(this.#established, cast)) {
      this.round = cast.round;
      this.#decide(cast.vote, cast.round, out);
    }
  }

  /** Two peers that wait for a dead third must not elect it for ever: the leader's own word is needed (checkLeader). */
  #isLed(votes: ReadonlyMap<Sid, CastVote>, cast: CastVote): boolean {
    // By the configuration in force alone: a next one that only this peer has in its log would keep it out.
    const { inForce } = this.#membership;
    if (!inForce.isQuorum(supporters(votes, cast, inForce))) return false;
    const leader = cast.vote.leader;
    if (leader === this.#sid) return cast.round === this.round;
    return votes.get(leader)?.state === PeerState.leading;
  }

  #propose(now: number, vote: Vote, out: QuorumOutput[]): void {
    this.#proposal = vote;
    this.#phase = "voting";
    if (this.#verifier.isVoter(this.#sid)) this.#votes.set(this.#sid, this.#cast());
    out.push({ type: "electionNews", change: "vote", vote });
    this.#sendToAll(now, out);
  }

  #count(now: number, out: QuorumOutput[]): void {
    if (!this.#verifier.isQuorum(supporters(this.#votes, this.#cast(), this.#verifier))) {
      if (this.#phase === "settling") this.#resume(now);
      return;
    }
    if (this.#allHeard()) return this.#decide(this.#proposal, this.round, out);
    if (this.#phase === "voting") {
      this.#phase = "settling";
      this.wakeAt = now + settlingMs;
    }
  }

  #resume(now: number): void {
    this.#phase = "voting";
    this.wakeAt = now + this.#resendMs;
  }

  /** Every voter has voted in this round or is known to be out of reach. */
  #allHeard(): boolean {
    return this.#verifier.voters.every(
      (sid) => this.#votes.has(sid) || this.#reachable.get(sid) === false,
    );
  }

  #decide(vote: Vote, round: number, out: QuorumOutput[]): void {
    this.#settleOn(vote, round);
    out.push({ type: "elected", vote });
  }

  #settleOn(vote: Vote, round: number): void {
    this.#state =
      vote.leader === this.#sid
        ? PeerState.leading
        : this.#membership.isObserver(this.#sid)
          ? PeerState.observing
          : PeerState.following;
    this.#current = { vote, round, state: this.#state, version: 2 };
    this.#proposal = vote;
    this.#phase = "idle";
    this.wakeAt = Number.POSITIVE_INFINITY;
  }

  get #verifier(): QuorumVerifier {
    return this.#membership.verifier;
  }

  #cast(): CastVote {
    return { vote: this.#proposal, round: this.round, state: PeerState.looking, version: 2 };
  }

  #sendToAll(now: number, out: QuorumOutput[]): void {
    this.wakeAt = now + this.#resendMs;
    for (const sid of this.#verifier.voters) {
      if (sid !== this.#sid) this.#answer(sid, this.#cast(), out);
    }
  }

  #answer(to: Sid, cast: CastVote, out: QuorumOutput[]): void {
    out.push({
      type: "vote",
      to,
      notification: {
        state: this.#state,
        vote: cast.vote,
        round: cast.round,
        version: 2,
        config: this.#membership.text,
      },
    });
  }
}
