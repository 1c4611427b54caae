import { assert } from "../base/assert.ts";
import type { Sid } from "../base/ids.ts";
import { type EnsembleConfig, votersOf } from "./config.ts";

/** A set of voters is a bit mask, so an ensemble has at most this many. */
export const votersMax = 30;

/** Decides which sets of voters are a quorum: a majority, or with groups a majority of groups won by weight. */
export class QuorumVerifier {
  readonly voters: readonly Sid[];
  readonly #bits: ReadonlyMap<Sid, number>;
  readonly #weights: readonly number[];
  /** Masks of the groups that count; undefined for a plain majority. */
  readonly #groups: readonly number[] | undefined;

  constructor(config: EnsembleConfig) {
    const voters = votersOf(config);
    assert(voters.length <= votersMax, `${voters.length} voters, the limit is ${votersMax}`);
    this.voters = voters.map((voter) => voter.sid);
    this.#bits = new Map(voters.map((voter, index) => [voter.sid, 1 << index]));
    this.#weights = voters.map((voter) => voter.weight);
    const groups = new Map<number, number>();
    voters.forEach((voter, index) => {
      if (voter.group === undefined) return;
      groups.set(voter.group, (groups.get(voter.group) ?? 0) | (1 << index));
    });
    const counting = [...groups.values()].filter((mask) => this.#weigh(mask) > 0);
    this.#groups = groups.size === 0 ? undefined : counting;
  }

  isVoter(sid: Sid): boolean {
    return this.#bits.has(sid);
  }

  /** A voter's bit; 0 for everybody else, who thereby counts for nothing. */
  bit(sid: Sid): number {
    return this.#bits.get(sid) ?? 0;
  }

  /** A peer of weight 0 is never elected (QuorumHierarchical). */
  mayLead(sid: Sid): boolean {
    const bit = this.bit(sid);
    return bit !== 0 && (this.#groups === undefined || this.#weigh(bit) > 0);
  }

  isQuorum(mask: number): boolean {
    if (this.#groups === undefined) return countBits(mask) * 2 > this.voters.length;
    let won = 0;
    for (const group of this.#groups) {
      if (this.#weigh(mask & group) > Math.floor(this.#weigh(group) / 2)) won += 1;
    }
    return won > Math.floor(this.#groups.length / 2);
  }

  #weigh(mask: number): number {
    let sum = 0;
    for (let index = 0; index < this.#weights.length; index += 1) {
      if ((mask & (1 << index)) !== 0) sum += this.#weights[index] ?? 0;
    }
    return sum;
  }
}

function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
