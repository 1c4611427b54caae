const splitAbove = 8192;
const shardCount = 512;

/**
 * A map by string that never stalls: growing one JavaScript Map past a million entries takes over 100 ms at once, growing one of
 * 512 takes less than one. Small maps are one plain Map. Iterates in an order that depends only on the operations done; entries may come
 * and go meanwhile.
 */
export class ShardedMap<V> {
  #single: Map<string, V> = new Map();
  #shards: readonly Map<string, V>[] | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return this.#mapOf(key).get(key);
  }

  has(key: string): boolean {
    return this.#mapOf(key).has(key);
  }

  set(key: string, value: V): void {
    const map = this.#mapOf(key);
    const before = map.size;
    map.set(key, value);
    this.#size += map.size - before;
    if (this.#shards === undefined && this.#size > splitAbove) this.#split();
  }

  delete(key: string): boolean {
    const deleted = this.#mapOf(key).delete(key);
    if (deleted) this.#size -= 1;
    return deleted;
  }

  /** All keys, in an array of their own. */
  keys(): string[] {
    if (this.#shards === undefined) return [...this.#single.keys()];
    const keys: string[] = [];
    for (const shard of this.#shards) for (const key of shard.keys()) keys.push(key);
    return keys;
  }

  *[Symbol.iterator](): Generator<[string, V]> {
    if (this.#shards === undefined) yield* this.#single;
    else for (const shard of this.#shards) yield* shard;
  }

  #mapOf(key: string): Map<string, V> {
    const shards = this.#shards;
    return shards === undefined ? this.#single : (shards[shardOf(key)] as Map<string, V>);
  }

  /** The old map stays as it is for those who are iterating over it. */
  #split(): void {
    const shards = Array.from({ length: shardCount }, () => new Map<string, V>());
    for (const [key, value] of this.#single)
      (shards[shardOf(key)] as Map<string, V>).set(key, value);
    this.#shards = shards;
    this.#single = new Map();
  }
}

/** FNV-1a, folded: sequential names, which differ in the last digits only, spread evenly. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) & (shardCount - 1);
}
