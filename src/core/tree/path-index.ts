// Clever for speed and size: nodes by path, as two numbers a slot outside V8's heap. A JavaScript Map of a million strings is work
// for the garbage collector at every turn, and stops for over 100 ms when it grows; this one moves a few slots with each node that
// is added.

/** Knows the paths that numbers stand for. */
export interface PathKeeper {
  /** Whether the path of node `id` is the first `units` units of a text. */
  isAt(id: number, text: string, units: number): boolean;
}

/** A slot is a hash and the number of a node. */
const slotInts = 2;
const free = 0;
/** It held a node: a search goes on behind it. */
const gone = -1;
const slotsMin = 16;
/** Slots of the table before that move with each node added: it is empty long before the new one is full. */
const slotsMoved = 16;

/** Finds the numbers of nodes, 1 and above, by open addressing. */
export class PathIndex {
  readonly #keeper: PathKeeper;
  #table = new Int32Array(slotsMin * slotInts);
  /** Slots of it that are not free. */
  #used = 0;
  #size = 0;
  /** The table before, while it still holds some. */
  #before: Int32Array | undefined;
  /** Slots of it that were moved. */
  #moved = 0;

  constructor(keeper: PathKeeper) {
    this.#keeper = keeper;
  }

  get size(): number {
    return this.#size;
  }

  /** The node at the first `units` units of the text; 0: none. */
  find(text: string, units: number = text.length): number {
    const hash = hashOf(text, units);
    const slot = this.#slotOf(this.#table, hash, text, units);
    if (slot >= 0) return this.#table[slot + 1] as number;
    const before = this.#before;
    if (before === undefined) return 0;
    const earlier = this.#slotOf(before, hash, text, units);
    return earlier < 0 ? 0 : (before[earlier + 1] as number);
  }

  /** Of a path that is not there yet. */
  add(path: string, id: number): void {
    this.#move(slotsMoved);
    this.#put(hashOf(path, path.length), id);
    this.#size += 1;
    if (this.#used * slotInts * 4 > this.#table.length * 3) this.#grow();
  }

  /** Of a path that is there. */
  remove(path: string): void {
    const hash = hashOf(path, path.length);
    for (const table of this.#before === undefined ? [this.#table] : [this.#table, this.#before]) {
      const slot = this.#slotOf(table, hash, path, path.length);
      if (slot < 0) continue;
      table[slot + 1] = gone;
      this.#size -= 1;
      return;
    }
  }

  /** Of nodes with the same numbers. */
  copy(keeper: PathKeeper): PathIndex {
    const copy = new PathIndex(keeper);
    copy.#table = this.#table.slice();
    copy.#used = this.#used;
    copy.#size = this.#size;
    copy.#before = this.#before?.slice();
    copy.#moved = this.#moved;
    return copy;
  }

  /** Where in the table it is; −1: nowhere. */
  #slotOf(table: Int32Array, hash: number, text: string, units: number): number {
    const last = table.length - 1;
    for (let slot = (hash << 1) & last; ; slot = (slot + slotInts) & last) {
      const id = table[slot + 1] as number;
      if (id === free) return -1;
      if (id !== gone && table[slot] === hash && this.#keeper.isAt(id, text, units)) return slot;
    }
  }

  #put(hash: number, id: number): void {
    const table = this.#table;
    const last = table.length - 1;
    let slot = (hash << 1) & last;
    while ((table[slot + 1] as number) > 0) slot = (slot + slotInts) & last;
    if (table[slot + 1] === free) this.#used += 1;
    table[slot] = hash;
    table[slot + 1] = id;
  }

  /** A table of which three eighths are used at most, or a smaller one than this, if no more than that are alive. */
  #grow(): void {
    this.#move(Infinity);
    this.#before = this.#table;
    this.#moved = 0;
    let slots = Math.max(slotsMin, this.#table.length / slotInts / 4);
    while (slots * 3 < this.#size * 8) slots *= 2;
    this.#table = new Int32Array(slots * slotInts);
    this.#used = 0;
  }

  #move(slotsMax: number): void {
    const before = this.#before;
    if (before === undefined) return;
    const end = Math.min(before.length, this.#moved + slotsMax * slotInts);
    for (let slot = this.#moved; slot < end; slot += slotInts) {
      const id = before[slot + 1] as number;
      if (id <= 0) continue;
      this.#put(before[slot] as number, id);
      before[slot + 1] = gone;
    }
    this.#moved = end;
    if (end === before.length) this.#before = undefined;
  }
}

/** FNV-1a, with its high bits mixed into the low ones, where names that differ in their last digits would differ little. */
function hashOf(text: string, units: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < units; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
