// Clever for speed and size: nodes by path, as two numbers a slot outside V8's heap. A JavaScript Map of a million strings is work
// for the garbage collector at every turn, and stops for over 100 ms when it grows. So would one large table: the system gives its
// memory page by page, when each is touched first. This one grows by linear hashing, one table of some 64 KB after the other.
import { textHash } from "../base/text-hash.ts";

/** Knows the paths that numbers stand for. */
export interface PathKeeper {
  /** Whether the path of node `id` is the first `units` units of a text. */
  isAt(id: number, text: string, units: number): boolean;
}

/** Nodes a table, on average, before another is added; one whose turn to be split comes last has twice as many. */
const nodesInTable = 2800;
/** Bits of a hash that choose the slot in a table; those above choose the table. */
const slotBits = 16;

/** From so many nodes on it pays to know which were found last. */
const manyNodes = 10_000;

/** Finds the numbers of nodes, 1 and above. */
export class PathIndex {
  readonly #keeper: PathKeeper;
  #recent: RecentPaths | undefined;
  #tables: PathTable[] = [new PathTable()];
  /** One less than a power of two that is not below the count of tables. */
  #mask = 0;
  #size = 0;

  constructor(keeper: PathKeeper) {
    this.#keeper = keeper;
  }

  get size(): number {
    return this.#size;
  }

  /** The node at the first `units` units of the text; 0: none. */
  find(text: string, units: number = text.length): number {
    const hash = textHash(text, units);
    const known = this.#recent?.find(hash, this.#keeper, text, units) ?? 0;
    if (known !== 0) return known;
    const id = this.#tableOf(hash).find(hash, this.#keeper, text, units);
    if (id !== 0) this.#recent?.keep(hash, id);
    return id;
  }

  /** Of a path that is not there yet. */
  add(path: string, id: number): void {
    const hash = textHash(path, path.length);
    this.#tableOf(hash).add(hash, id);
    this.#size += 1;
    if (this.#size > manyNodes) this.#recent ??= new RecentPaths();
    if (this.#size > this.#tables.length * nodesInTable) this.#split();
  }

  /** Of a path that is there. */
  remove(path: string): void {
    const hash = textHash(path, path.length);
    this.#tableOf(hash).remove(hash, this.#keeper, path);
    this.#recent?.forget(hash);
    this.#size -= 1;
  }

  /** Of nodes with the same numbers. */
  copy(keeper: PathKeeper): PathIndex {
    const copy = new PathIndex(keeper);
    copy.#tables = this.#tables.map((table) => table.copy());
    copy.#mask = this.#mask;
    copy.#size = this.#size;
    return copy;
  }

  #tableOf(hash: number): PathTable {
    const at = (hash >>> slotBits) & this.#mask;
    return this.#tables[at < this.#tables.length ? at : at & (this.#mask >> 1)] as PathTable;
  }

  /** The next table in turn shares what it has with a new one. */
  #split(): void {
    const count = this.#tables.length;
    if (count > this.#mask) this.#mask = this.#mask * 2 + 1;
    const full = this.#tables[count & (this.#mask >> 1)] as PathTable;
    this.#tables.push(new PathTable());
    full.takeAll((hash, id) => this.#tableOf(hash).add(hash, id));
  }
}

/** A slot is a hash and the number of a node. */
const slotInts = 2;
const free = 0;
/** It held a node: a search goes on behind it. */
const gone = -1;
const slotsMin = 16;

/** Open addressing; at least a quarter of the slots is free. */
class PathTable {
  #slots = new Int32Array(slotsMin * slotInts);
  /** Slots that are not free. */
  #used = 0;
  #size = 0;

  find(hash: number, keeper: PathKeeper, text: string, units: number): number {
    const at = this.#find(hash, keeper, text, units);
    return at < 0 ? 0 : (this.#slots[at + 1] as number);
  }

  add(hash: number, id: number): void {
    this.#put(hash, id);
    if (this.#used * slotInts * 4 > this.#slots.length * 3) this.#rebuild();
  }

  remove(hash: number, keeper: PathKeeper, text: string): void {
    const at = this.#find(hash, keeper, text, text.length);
    if (at < 0) return;
    this.#slots[at + 1] = gone;
    this.#size -= 1;
  }

  copy(): PathTable {
    const copy = new PathTable();
    copy.#slots = this.#slots.slice();
    copy.#used = this.#used;
    copy.#size = this.#size;
    return copy;
  }

  /** Gives away all that it has, and begins again with `count` slots, by default as many as it had. */
  takeAll(give: (hash: number, id: number) => void, count?: number): void {
    const slots = this.#slots;
    this.#slots = new Int32Array(count === undefined ? slots.length : count * slotInts);
    this.#used = 0;
    this.#size = 0;
    for (let at = 0; at < slots.length; at += slotInts) {
      const id = slots[at + 1] as number;
      if (id > 0) give(slots[at] as number, id);
    }
  }

  #find(hash: number, keeper: PathKeeper, text: string, units: number): number {
    const slots = this.#slots;
    const last = slots.length - 1;
    for (let at = (hash << 1) & last; ; at = (at + slotInts) & last) {
      const id = slots[at + 1] as number;
      if (id === free) return -1;
      if (id !== gone && slots[at] === hash && keeper.isAt(id, text, units)) return at;
    }
  }

  #put(hash: number, id: number): void {
    const slots = this.#slots;
    const last = slots.length - 1;
    let at = (hash << 1) & last;
    while ((slots[at + 1] as number) > 0) at = (at + slotInts) & last;
    if (slots[at + 1] === free) this.#used += 1;
    slots[at] = hash;
    slots[at + 1] = id;
    this.#size += 1;
  }

  /** In slots of which a half is used, or less. */
  #rebuild(): void {
    let count = slotsMin;
    while (count < this.#size * 2) count *= 2;
    this.takeAll((hash, id) => this.#put(hash, id), count);
  }
}

/**
 * What was found last, 64 KB of it, each at a place that its hash tells. Where a thousand of a million nodes are asked for again and
 * again, their slots lie in as many pages of the tables, and the processor has to find each page anew: 350 ns a look-up, with this 110.
 */
class RecentPaths {
  readonly #slots = new Int32Array(8192 * slotInts);

  /** 0: it is not known. */
  find(hash: number, keeper: PathKeeper, text: string, units: number): number {
    const at = this.#at(hash);
    const id = this.#slots[at + 1] as number;
    return id !== free && this.#slots[at] === hash && keeper.isAt(id, text, units) ? id : 0;
  }

  keep(hash: number, id: number): void {
    const at = this.#at(hash);
    this.#slots[at] = hash;
    this.#slots[at + 1] = id;
  }

  /** What has this hash: its number may soon be another's. */
  forget(hash: number): void {
    const at = this.#at(hash);
    if (this.#slots[at] === hash) this.#slots[at + 1] = free;
  }

  #at(hash: number): number {
    return (hash << 1) & (this.#slots.length - 1);
  }
}
