import { assert } from "../base/assert.ts";
import type { Sid } from "../base/ids.ts";
import { type EnsembleConfig, votersOf } from "./config.ts";

/** A set of voters is a bit mask, so an ensemble has at most this many, those of a next configuration included. */
export const votersMax = 30;

/** How one configuration counts its voters: a majority, or with groups a majority of groups won by weight. */
interface Count {
  readonly mask: number;
  /** By bit. */
  readonly weights: readonly number[];
  /** Masks of the groups that count; undefined for a plain majority. */
  readonly groups: readonly number[] | undefined;
}

/**
 * Decides which sets of voters are a quorum: one of the configuration, and while a reconfiguration is under way one of the next
 * configuration too.
 */
export class QuorumVerifier {
  /** Of either configuration. */
  readonly voters: readonly Sid[];
  readonly #bits: ReadonlyMap<Sid, number>;
  readonly #counts: readonly Count[];

  constructor(...configs: readonly EnsembleConfig[]) {
    const voters: Sid[] = [];
    for (const config of configs) {
      for (const { sid, role } of config.members) {
        if (role === "participant" && !voters.includes(sid)) voters.push(sid);
      }
    }
    assert(voters.length <= votersMax, `${voters.length} voters, the limit is ${votersMax}`);
    this.voters = voters.sort((left, right) => left - right);
    const bits = new Map<Sid, number>();
    for (const sid of voters) bits.set(sid, 1 << bits.size);
    this.#bits = bits;
    this.#counts = configs.map((config) => countOf(config, this.#bits));
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
    return this.#counts.some(
      (count) => (bit & count.mask) !== 0 && (count.groups === undefined || weigh(count, bit) > 0),
    );
  }

  isQuorum(mask: number): boolean {
    for (const count of this.#counts) if (!isQuorumOf(count, mask)) return false;
    return true;
  }
}

function countOf(config: EnsembleConfig, bits: ReadonlyMap<Sid, number>): Count {
  let mask = 0;
  const weights: number[] = Array.from({ length: bits.size }, () => 0);
  const groups = new Map<number, number>();
  for (const { sid, weight, group } of votersOf(config)) {
    const bit = bits.get(sid) ?? 0;
    mask |= bit;
    weights[Math.log2(bit)] = weight;
    if (group !== undefined) groups.set(group, (groups.get(group) ?? 0) | bit);
  }
  const counting = [...groups.values()].filter((group) => weigh({ weights }, group) > 0);
  return { mask, weights, groups: groups.size === 0 ? undefined : counting };
}

function isQuorumOf(count: Count, mask: number): boolean {
  if (count.groups === undefined) return countBits(mask & count.mask) * 2 > countBits(count.mask);
  let won = 0;
  for (const group of count.groups) {
    if (weigh(count, mask & group) > Math.floor(weigh(count, group) / 2)) won += 1;
  }
  return won > Math.floor(count.groups.length / 2);
}

function weigh({ weights }: Pick<Count, "weights">, mask: number): number {
  let sum = 0;
  for (let index = 0; index < weights.length; index += 1) {
    if ((mask & (1 << index)) !== 0) sum += weights[index] ?? 0;
  }
  return sum;
}

function countBits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
