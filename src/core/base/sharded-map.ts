import { textHash } from "./text-hash.ts";

/** Entries a shard, on average, before another is added; one whose turn to be split comes last has twice as many. */
const entriesInShard = 350;

/**
 * A map by string that never stalls: growing one JavaScript Map past a million entries takes over 100 ms at once. This one grows by
 * linear hashing, one small Map after the other. What order its keys are in depends only on the operations done.
 */
export class ShardedMap<V> {
  readonly #shards: Map<string, V>[] = [new Map()];
  /** One less than a power of two that is not below the count of shards. */
  #mask = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return this.#shardOf(key).get(key);
  }

  has(key: string): boolean {
    return this.#shardOf(key).has(key);
  }

  set(key: string, value: V): void {
    const shard = this.#shardOf(key);
    const before = shard.size;
    shard.set(key, value);
    this.#size += shard.size - before;
    if (this.#size > this.#shards.length * entriesInShard) this.#split();
  }

  delete(key: string): boolean {
    const deleted = this.#shardOf(key).delete(key);
    if (deleted) this.#size -= 1;
    return deleted;
  }

  /** All keys, in an array of their own. */
  keys(): string[] {
    const keys: string[] = [];
    for (const shard of this.#shards) for (const key of shard.keys()) keys.push(key);
    return keys;
  }

  #shardOf(key: string): Map<string, V> {
    const at = this.#mask === 0 ? 0 : textHash(key) & this.#mask;
    return this.#shards[at < this.#shards.length ? at : at & (this.#mask >> 1)] as Map<string, V>;
  }

  /** The next shard in turn shares what it has with a new one. */
  #split(): void {
    const count = this.#shards.length;
    if (count > this.#mask) this.#mask = this.#mask * 2 + 1;
    const full = this.#shards[count & (this.#mask >> 1)] as Map<string, V>;
    const added = new Map<string, V>();
    this.#shards.push(added);
    for (const [key, value] of full) {
      if (this.#shardOf(key) !== added) continue;
      full.delete(key);
      added.set(key, value);
    }
  }
}
