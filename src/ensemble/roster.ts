import type { Sid } from "../core/base/ids.ts";
import type { Membership } from "../core/network/selector.ts";
import { type EnsembleConfig, memberOf } from "../core/quorum/config.ts";
import { QuorumVerifier } from "../core/quorum/verifier.ts";
import type { EnsembleStatus } from "./api.ts";
import type { Ms, PeerId, Target } from "./api-controls.ts";
import { type ErrorCode, ZkmsError } from "./errors.ts";
import type { Faults } from "./faults.ts";
import type { Field } from "./nemesis/draw.ts";
import { describePeers, type Picture, type Reason } from "./picture.ts";
import type { Seat } from "./seat.ts";
import { resolveTarget, seatOf, sidesOf } from "./targets.ts";

export interface RosterOptions {
  /** Voters first. */
  readonly seats: readonly Seat[];
  readonly config: EnsembleConfig;
  readonly faults: Faults;
  readonly now: () => Ms;
  readonly timeStands: () => boolean;
  readonly seed: string;
}

/** All peers' places, and what follows from looking at them together. */
export class Roster {
  readonly #seats: Seat[];
  readonly #options: RosterOptions;
  #config: EnsembleConfig;
  #verifier: QuorumVerifier;

  constructor(options: RosterOptions) {
    this.#seats = [...options.seats];
    this.#options = options;
    this.#config = options.config;
    this.#verifier = new QuorumVerifier(options.config);
  }

  get seats(): readonly Seat[] {
    return this.#seats;
  }

  /** The latest in force anywhere. */
  get config(): EnsembleConfig {
    return this.#config;
  }

  reconfigured(config: EnsembleConfig): void {
    if (config.version <= this.#config.version) return;
    this.#config = config;
    this.#verifier = new QuorumVerifier(config);
    for (const seat of this.#seats) seat.votes = memberOf(config, seat.id)?.role === "participant";
  }

  add(seat: Seat): void {
    this.#seats.push(seat);
  }

  remove(seat: Seat): void {
    this.#seats.splice(this.#seats.indexOf(seat), 1);
  }

  get sids(): readonly Sid[] {
    return this.seats.map((seat) => seat.id);
  }

  /** Serving, and of the newest epoch where a deposed one has not heard of it yet. */
  get leader(): Seat | undefined {
    let leader: Seat | undefined;
    for (const seat of this.seats) {
      if (seat.leads && epochOf(seat) >= epochOf(leader)) leader = seat;
    }
    return leader;
  }

  /** Changes whenever a peer applies a transaction; means nothing else. */
  get applied(): number {
    let sum = 0;
    for (const seat of this.seats) sum += seat.peer?.replica.lastTxn ?? 0;
    return sum;
  }

  seat(id: PeerId): Seat {
    return seatOf(this.seats, id);
  }

  resolve(target: Target): readonly Seat[] {
    const sids = resolveTarget(target, this.#membership());
    return this.seats.filter((seat) => sids.includes(seat.id));
  }

  #isQuorum(ids: Iterable<PeerId>): boolean {
    const verifier = this.#verifier;
    let mask = 0;
    for (const seat of this.seats)
      for (const id of ids) if (id === seat.id) mask |= verifier.bit(seat.id);
    return verifier.isQuorum(mask);
  }

  picture(): Picture {
    const now = this.#options.now();
    return {
      peers: this.seats.map((seat) => ({
        id: seat.id,
        votes: seat.votes,
        role: seat.role,
        serving: seat.serving,
        leader: seat.running?.leader,
        round: seat.peer?.round ?? 0,
        zxid: seat.zxid,
        downFor: seat.state === "running" ? undefined : now - seat.host.since,
      })),
      cuts: this.#options.faults.cuts(this.sids),
      faults: this.#options.faults.labels(),
      timeStands: this.#options.timeStands(),
      isQuorum: (ids) => this.#isQuorum(ids),
    };
  }

  status(): EnsembleStatus {
    const { leader } = this;
    const epochs = this.seats.map((seat) => seat.status().epoch);
    return {
      leader: leader?.id,
      epoch: leader?.peer?.epoch ?? Math.max(...epochs),
      quorum: leader !== undefined,
      now: this.#options.now(),
      peers: this.seats.map((seat) => seat.status()),
      faults: this.#options.faults.labels(),
    };
  }

  /** An error with all that can be seen of the ensemble. */
  error(
    code: Exclude<ErrorCode, "ZKMS_BAD_OPTIONS">,
    what: string,
    reason: Reason & { readonly cause?: unknown },
  ): ZkmsError {
    return new ZkmsError(code, what, {
      peers: describePeers(this.picture()),
      faults: this.#options.faults.labels(),
      why: reason.why,
      hint: reason.hint,
      seed: this.#options.seed,
      status: this.status(),
      cause: reason.cause,
    });
  }

  /** Whom a nemesis may strike. */
  field(): Field {
    return { ...sidesOf(this.seats), isQuorum: (ids) => this.#isQuorum(ids) };
  }

  #membership(): Membership {
    return {
      ...sidesOf(this.seats),
      leader: this.leader?.id,
      isQuorum: (sids) => this.#isQuorum(sids),
    };
  }
}

const epochOf = (seat: Seat | undefined): number => seat?.peer?.epoch ?? -1;
