import type { Sid } from "../core/base/ids.ts";
import type { Membership } from "../core/network/selector.ts";
import type { QuorumVerifier } from "../core/quorum/verifier.ts";
import type { EnsembleStatus } from "../ensemble/api.ts";
import type { Ms, PeerId, Target } from "../ensemble/api-controls.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import type { Faults } from "../ensemble/faults.ts";
import type { Field } from "../ensemble/nemesis/draw.ts";
import { describePeers, type Picture, type Reason, whyNoLeader } from "../ensemble/picture.ts";
import { resolveTarget, seatOf, sidesOf } from "../ensemble/targets.ts";
import { machineNow } from "../runtime/machine-time.ts";
import type { Seat } from "./seat.ts";

/** All servers' places, and what follows from looking at them together. */
export class Roster {
  readonly seats: readonly Seat[];
  readonly #verifier: QuorumVerifier;
  readonly #faults: Faults;
  readonly #seed: string;

  constructor(options: {
    readonly seats: readonly Seat[];
    readonly verifier: QuorumVerifier;
    readonly faults: Faults;
    readonly seed: string;
  }) {
    this.seats = options.seats;
    this.#verifier = options.verifier;
    this.#faults = options.faults;
    this.#seed = options.seed;
  }

  get sids(): readonly Sid[] {
    return this.seats.map((seat) => seat.id);
  }

  /** Asks every server that is up. */
  async look(): Promise<void> {
    await Promise.all(this.seats.map((seat) => seat.look()));
  }

  /** As last seen, though it may not serve since; a deposed one that has not heard of it yet is of an older epoch. */
  get leader(): Seat | undefined {
    const leading = this.seats.filter(
      (seat) => seat.isUp && (seat.seen.role === "leader" || seat.seen.role === "standalone"),
    );
    return leading.sort((left, right) => right.seen.epoch - left.seen.epoch)[0];
  }

  isQuorum(seats: readonly Seat[]): boolean {
    const mask = seats
      .filter((seat) => seat.votes)
      .reduce((sum, seat) => sum | this.#verifier.bit(seat.id), 0);
    return this.#verifier.isQuorum(mask);
  }

  seat(id: PeerId): Seat {
    return seatOf(this.seats, id);
  }

  /** Looks first: a target names roles of this moment. */
  async resolve(target: Target): Promise<readonly Seat[]> {
    await this.look();
    const sids = this.resolveSeen(target);
    return this.seats.filter((seat) => sids.includes(seat.id));
  }

  /** By the roles that were last seen. */
  resolveSeen(target: Target): readonly Sid[] {
    return resolveTarget(target, this.#membership());
  }

  async status(now: Ms): Promise<EnsembleStatus> {
    await this.look();
    const { leader } = this;
    const peers = await Promise.all(this.seats.map((seat) => seat.status(leader?.id)));
    return {
      leader: leader?.id,
      epoch: leader?.seen.epoch ?? Math.max(...peers.map((peer) => peer.epoch)),
      quorum: leader?.seen.serving === true,
      now,
      peers,
      faults: this.#faults.labels(),
    };
  }

  whyNoLeader(): Reason {
    const { leader } = this;
    if (leader === undefined) return whyNoLeader(this.#picture());
    const why = `${leader.id} leads${leader.seen.serving ? "" : ", and does not answer"}`;
    return { why, hint: "a longer timeout" };
  }

  error(
    code: "ZKMS_WAIT_TIMEOUT" | "ZKMS_START_TIMEOUT",
    what: string,
    reason: Reason & { readonly cause?: unknown },
  ): ZkmsError {
    return new ZkmsError(code, what, {
      peers: describePeers(this.#picture()),
      faults: this.#faults.labels(),
      seed: this.#seed,
      ...reason,
    });
  }

  /** Whom a nemesis may strike. */
  field(): Field {
    return {
      ...sidesOf(this.seats),
      isQuorum: (ids) => this.isQuorum(ids.map((id) => this.seat(id))),
    };
  }

  #membership(): Membership {
    return {
      ...sidesOf(this.seats),
      leader: this.leader?.id,
      isQuorum: (sids) => this.isQuorum([...sids].map((sid) => this.seat(sid))),
    };
  }

  #picture(): Picture {
    const now = machineNow();
    return {
      peers: this.seats.map((seat) => ({
        id: seat.id,
        votes: seat.votes,
        role: seat.role,
        serving: seat.seen.serving,
        leader: this.leader?.id,
        round: 0,
        zxid: seat.seen.zxid,
        downFor: seat.isUp ? undefined : Math.round(now - seat.since),
      })),
      cuts: this.#faults.cuts(this.sids),
      faults: this.#faults.labels(),
      timeStands: false,
      isQuorum: (ids) => this.isQuorum(ids.map((id) => this.seat(id))),
    };
  }
}
