import { sidOf } from "../core/base/ids.ts";
import type { QuorumVerifier } from "../core/quorum/verifier.ts";
import type { EnsembleStatus } from "../ensemble/api.ts";
import type { Ms, PeerId, Target } from "../ensemble/api-controls.ts";
import { ZkmsError } from "../ensemble/errors.ts";
import { describePeers, type Picture, type Reason, whyNoLeader } from "../ensemble/picture.ts";
import { noSuchPeer, resolveTarget } from "../ensemble/targets.ts";
import { machineNow } from "../runtime/machine-time.ts";
import type { Seat } from "./seat.ts";

/** All servers' places, and what follows from looking at them together. */
export class Roster {
  readonly seats: readonly Seat[];
  readonly #verifier: QuorumVerifier;
  readonly #seed: string;

  constructor(options: {
    readonly seats: readonly Seat[];
    readonly verifier: QuorumVerifier;
    readonly seed: string;
  }) {
    this.seats = options.seats;
    this.#verifier = options.verifier;
    this.#seed = options.seed;
  }

  /** Asks every server that is up. */
  async look(): Promise<void> {
    await Promise.all(this.seats.map((seat) => seat.look()));
  }

  /** As last seen; a deposed one that has not heard of it yet is of an older epoch. */
  get leader(): Seat | undefined {
    const leading = this.seats.filter(
      (seat) => seat.isUp && (seat.seen.role === "leader" || seat.seen.role === "standalone"),
    );
    return leading.sort((left, right) => right.seen.epoch - left.seen.epoch)[0];
  }

  isQuorum(seats: readonly Seat[]): boolean {
    const mask = seats
      .filter((seat) => seat.votes)
      .reduce((sum, seat) => sum | this.#verifier.bit(sidOf(seat.id)), 0);
    return this.#verifier.isQuorum(mask);
  }

  seat(id: PeerId): Seat {
    const seat = this.seats.find((candidate) => candidate.id === id);
    if (seat === undefined)
      throw noSuchPeer(
        id,
        this.seats.map((candidate) => candidate.id),
      );
    return seat;
  }

  /** Looks first: a target names roles of this moment. */
  async resolve(target: Target): Promise<readonly Seat[]> {
    await this.look();
    const sids = resolveTarget(target, {
      voters: this.seats.filter((seat) => seat.votes).map((seat) => sidOf(seat.id)),
      observers: this.seats.filter((seat) => !seat.votes).map((seat) => sidOf(seat.id)),
      leader: this.leader === undefined ? undefined : sidOf(this.leader.id),
      isQuorum: (ids) => this.isQuorum([...ids].map((id) => this.seat(id))),
    });
    return this.seats.filter((seat) => sids.includes(sidOf(seat.id)));
  }

  async status(now: Ms): Promise<EnsembleStatus> {
    await this.look();
    const { leader } = this;
    const peers = await Promise.all(this.seats.map((seat) => seat.status(leader?.id)));
    return {
      leader: leader?.id,
      epoch: leader?.seen.epoch ?? Math.max(...peers.map((peer) => peer.epoch)),
      quorum: leader !== undefined,
      now,
      peers,
      faults: [],
    };
  }

  whyNoLeader(): Reason {
    const { leader } = this;
    if (leader === undefined) return whyNoLeader(this.#picture());
    return { why: `${leader.id} leads`, hint: "a longer timeout" };
  }

  error(
    code: "ZKMS_WAIT_TIMEOUT" | "ZKMS_BAD_STATE",
    what: string,
    reason: Reason & { readonly cause?: unknown },
  ): ZkmsError {
    return new ZkmsError(code, what, {
      peers: describePeers(this.#picture()),
      seed: this.#seed,
      ...reason,
    });
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
      cuts: [],
      faults: [],
      timeStands: false,
      isQuorum: (ids) => this.isQuorum(ids.map((id) => this.seat(id))),
    };
  }
}
