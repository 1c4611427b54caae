// Clever for speed: changes come and go by hundreds a turn, and with them the table of a Map, which V8 makes in old memory once one
// was moved there. What such a table held is moved behind it, though nobody needs it any more. With a Map a write on three peers left
// 1,080 bytes in old memory, on one peer 480; with this it is 200 and 110.
import { present } from "../base/assert.ts";
import type { SessionId, Zxid } from "../base/ids.ts";
import { textHash } from "../base/text-hash.ts";
import type { Acl } from "../protocol/records.ts";
import type { NodeState } from "../tree/znode.ts";

/** A node as one proposed transaction leaves it; a newer one of the same path hides it. */
export class Change implements NodeState {
  readonly path: string;
  readonly hash: number;
  /** Of the transaction that makes the change. */
  readonly by: Zxid;
  exists = true;
  /** A newer change of the same path stands over it. */
  isHidden = false;
  /** Of another path, in the same place of the table. */
  next: Change | undefined = undefined;
  dataLength: number;
  acl: readonly Acl[] | null;
  owner: SessionId;
  czxid: Zxid;
  mzxid: Zxid;
  pzxid: Zxid;
  ctime: number;
  mtime: number;
  version: number;
  cversion: number;
  aversion: number;
  childCount: number;
  content: number;
  digest: number;

  constructor(path: string, by: Zxid, from: NodeState) {
    this.path = path;
    this.hash = textHash(path);
    this.by = by;
    this.dataLength = from.dataLength;
    this.acl = from.acl;
    this.owner = from.owner;
    this.czxid = from.czxid;
    this.mzxid = from.mzxid;
    this.pzxid = from.pzxid;
    this.ctime = from.ctime;
    this.mtime = from.mtime;
    this.version = from.version;
    this.cversion = from.cversion;
    this.aversion = from.aversion;
    this.childCount = from.childCount;
    this.content = from.content;
    this.digest = from.digest;
  }
}

const placesMin = 64;
/** More than these, 128 KB, are given back when they are empty: a session's closing may have needed millions. */
const placesKept = 16_384;

/** The newest change of each path. Its places grow, and most stay; those of one place are a chain. */
export class ChangesByPath {
  #places = emptyPlaces(placesMin);
  #size = 0;

  /** What the table costs, at 8 bytes each. */
  get places(): number {
    return this.#places.length;
  }

  get(path: string): Change | undefined {
    if (this.#size === 0) return undefined;
    const hash = textHash(path);
    let change = this.#places[this.#placeOf(hash)];
    while (change !== undefined && (change.hash !== hash || change.path !== path)) {
      change = change.next;
    }
    return change;
  }

  /** Of a path that has none. */
  add(change: Change): void {
    if (this.#size === this.#places.length) this.#grow();
    this.#size += 1;
    this.#link(change);
  }

  /** The change that is there goes; with the last of very many, the room that they took. */
  remove(change: Change): void {
    const { next } = change;
    const place = this.#placeOf(change.hash);
    let before = this.#places[place];
    if (before === change) {
      this.#places[place] = next;
    } else {
      while (before !== undefined && before.next !== change) before = before.next;
      present(before, "the change to be removed").next = next;
    }
    change.next = undefined;
    this.#size -= 1;
    if (this.#size === 0 && this.#places.length > placesKept) this.clear();
  }

  clear(): void {
    this.#places = emptyPlaces(placesMin);
    this.#size = 0;
  }

  #placeOf(hash: number): number {
    return hash & (this.#places.length - 1);
  }

  #link(change: Change): void {
    const place = this.#placeOf(change.hash);
    change.next = this.#places[place];
    this.#places[place] = change;
  }

  #grow(): void {
    const full = this.#places;
    this.#places = emptyPlaces(full.length * 4);
    for (const first of full) {
      for (let change = first; change !== undefined; ) {
        const { next } = change;
        this.#link(change);
        change = next;
      }
    }
  }
}

const emptyPlaces = (count: number): (Change | undefined)[] =>
  new Array<Change | undefined>(count).fill(undefined);
