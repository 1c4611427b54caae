/**
 * A small seeded generator (mulberry32 over a hashed seed). One stream per concern, made by `split`, so that one more draw in
 * one place does not shift the choices of another.
 */
export class Prng {
  #state: number;
  /** The hash's state behind the seed, from which those of other streams go on. */
  readonly #hashed: number;

  constructor(seed: string, after: number = hashStart) {
    this.#hashed = hash(after, seed);
    this.#state = mixed(this.#hashed);
  }

  /** A stream of its own, the same for the same seed and name: that of the seed `seed/name`. */
  split(name: string): Prng {
    return new Prng(name, hash(this.#hashed, "/"));
  }

  /** In [0, 1). */
  float(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.float() * below);
  }

  /** A whole number in [from, to], both ends included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

const hashStart = 0x811c9dc5;

/** FNV-1a, going on from the state behind the text before. */
function hash(after: number, text: string): number {
  let h = after;
  for (let i = 0; i < text.length; i += 1) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return h;
}

/** Seeds that differ in one character give unrelated streams. */
function mixed(hashed: number): number {
  let h = hashed;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
