import { assert } from "./assert.ts";

/**
 * A first-in first-out queue on a growing ring. An array's `shift` moves everything once the array is large; this does not,
 * and reading by position is one index, which lets outstanding proposals be found by counter.
 */
export class Deque<T> {
  #items: (T | undefined)[] = new Array<T | undefined>(16);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length += 1;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length -= 1;
    return item;
  }

  /** Takes back what was pushed last. */
  pop(): T | undefined {
    const item = this.last();
    if (this.#length === 0) return undefined;
    this.#length -= 1;
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = undefined;
    return item;
  }

  /** The item `index` places behind the head, or undefined outside the queue. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    return this.#items[(this.#head + index) & (this.#items.length - 1)];
  }

  first(): T | undefined {
    return this.at(0);
  }

  last(): T | undefined {
    return this.at(this.#length - 1);
  }

  clear(): void {
    this.#items = new Array<T | undefined>(16);
    this.#head = 0;
    this.#length = 0;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#length; i += 1) yield this.at(i) as T;
  }

  #grow(): void {
    const size = this.#items.length;
    const larger = new Array<T | undefined>(size * 2);
    for (let i = 0; i < size; i += 1) larger[i] = this.#items[(this.#head + i) & (size - 1)];
    assert((larger.length & (larger.length - 1)) === 0, "a ring's size is a power of two");
    this.#items = larger;
    this.#head = 0;
  }
}
