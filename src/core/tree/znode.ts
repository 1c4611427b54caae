// Clever for size: a million of these live long, and the garbage collector's pauses are as long as what it has to move of them. A
// field that holds a number above 32 bits, or a view of bytes, is an object of its own to V8; so the numbers of a node stand in a
// row of a shared block, outside its heap, and its data in a range of another: one object of 80 bytes in place of 10 of 470.
import { noSession, type SessionId, sessionIdOf, type Zxid, zxidOf } from "../base/ids.ts";
import type { ShardedMap } from "../base/sharded-map.ts";
import type { Acl, Stat } from "../protocol/records.ts";

/** What both an applied node and a change that is still pending know of a node. */
export interface NodeState {
  /** 0 also where there is none. */
  readonly dataLength: number;
  /** null for the built-in nodes that stand open; shown as world:anyone with all permissions. */
  readonly acl: readonly Acl[] | null;
  /** As stored: 0, a session, `containerOwner`, or 0xff and a time to live (EphemeralType). */
  readonly owner: SessionId;
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  /** As stored: the number of children ever created, not what clients see. */
  readonly cversion: number;
  readonly aversion: number;
  readonly childCount: number;
  /** The checksum's state behind path and data, from which a change of the Stat alone goes on. */
  readonly content: number;
  /** The node's summand of the tree digest, 0 below /zookeeper. */
  readonly digest: number;
}

/** Numbers in a row: the five long ones first, as doubles, then six of 32 bits. */
const rowBytes = 64;
const longsInRow = rowBytes / Float64Array.BYTES_PER_ELEMENT;
const intsInRow = rowBytes / Int32Array.BYTES_PER_ELEMENT;
const LongAt = { czxid: 0, mzxid: 1, pzxid: 2, ctime: 3, mtime: 4 } as const;
const IntAt = {
  version: 10,
  cversion: 11,
  aversion: 12,
  content: 13,
  digest: 14,
  place: 15,
} as const;
/** Of the first block: a small tree is soon made. Each that follows is four times as large. */
const firstRows = 4;
/** 64 KB, for the reason told in byte-blocks.ts. */
const rowsInBlockMax = 1024;

/** Gives out rows for the numbers of nodes. */
export class ZnodeRows {
  longs: Float64Array = new Float64Array(0);
  ints: Int32Array = new Int32Array(0);
  /** Of the row given out last. */
  row = -1;

  /** The next row, all zeros: number `row` of `longs` and `ints`. */
  next(): void {
    this.row += 1;
    if (this.row * longsInRow < this.longs.length) return;
    const rows = this.row === 0 ? firstRows : Math.min(this.row * 4, rowsInBlockMax);
    const block = new ArrayBuffer(rows * rowBytes);
    this.longs = new Float64Array(block);
    this.ints = new Int32Array(block);
    this.row = 0;
  }
}

/** The place of data that fills its block. */
const wholeBlock = -1;
/** A place is where the data starts in its block, times that, and its length. */
const placeFactor = 4096;

/** One node of the applied tree. Only the tree and those who apply transactions write to it. */
export class Znode implements NodeState {
  acl: readonly Acl[] | null;
  readonly owner: SessionId;
  children: ShardedMap<Znode> | undefined = undefined;
  readonly #longs: Float64Array;
  readonly #ints: Int32Array;
  readonly #row: number;
  #block: Uint8Array | null;

  /** Data that is given here is kept as it is, not copied. */
  constructor(fields: ZnodeFields, rows: ZnodeRows = new ZnodeRows()) {
    rows.next();
    this.#longs = rows.longs;
    this.#ints = rows.ints;
    this.#row = rows.row;
    this.acl = fields.acl;
    this.owner = fields.owner;
    this.#block = fields.data;
    this.#setInt(IntAt.place, wholeBlock);
    this.czxid = fields.zxid;
    this.mzxid = fields.zxid;
    this.pzxid = fields.zxid;
    this.ctime = fields.time;
    this.mtime = fields.time;
  }

  /** Without its children. */
  copy(acl: readonly Acl[] | null, rows: ZnodeRows): Znode {
    const { owner, czxid: zxid, ctime: time } = this;
    const copy = new Znode({ data: this.#block, acl, owner, zxid, time }, rows);
    for (let at = 0; at < intsInRow; at += 1) copy.#setInt(at, this.#int(at));
    return copy;
  }

  /** A view of it, made at each call. */
  get data(): Uint8Array | null {
    const block = this.#block;
    if (block === null) return null;
    const place = this.#int(IntAt.place);
    if (place === wholeBlock) return block;
    const start = Math.floor(place / placeFactor);
    return block.subarray(start, start + (place % placeFactor));
  }

  /** Whether that view came from `data`, and nothing else was set since. */
  hasStill(view: Uint8Array | null): boolean {
    const block = this.#block;
    if (block === null || view === null) return block === view;
    const place = this.#int(IntAt.place);
    if (place === wholeBlock) return block === view;
    const start = block.byteOffset + Math.floor(place / placeFactor);
    const isThere = view.buffer === block.buffer && view.byteOffset === start;
    return isThere && view.length === place % placeFactor;
  }

  get dataLength(): number {
    if (this.#block === null) return 0;
    const place = this.#int(IntAt.place);
    return place === wholeBlock ? this.#block.length : place % placeFactor;
  }

  /**
   * Its data are `length` bytes of a block, which nobody writes to any more; null: it has none. Either fills the block, or is
   * shorter than 4,096.
   */
  setData(block: Uint8Array | null, start: number, length: number): void {
    this.#block = block;
    const isWhole = block === null || block.length === length;
    this.#setInt(IntAt.place, isWhole ? wholeBlock : start * placeFactor + length);
  }

  get childCount(): number {
    return this.children === undefined ? 0 : this.children.size;
  }

  get digest(): number {
    return this.#int(IntAt.digest) >>> 0;
  }

  set digest(value: number) {
    this.#setInt(IntAt.digest, value);
  }

  get czxid(): Zxid {
    return zxidOf(this.#long(LongAt.czxid));
  }

  set czxid(value: Zxid) {
    this.#setLong(LongAt.czxid, value);
  }

  get mzxid(): Zxid {
    return zxidOf(this.#long(LongAt.mzxid));
  }

  set mzxid(value: Zxid) {
    this.#setLong(LongAt.mzxid, value);
  }

  get pzxid(): Zxid {
    return zxidOf(this.#long(LongAt.pzxid));
  }

  set pzxid(value: Zxid) {
    this.#setLong(LongAt.pzxid, value);
  }

  get ctime(): number {
    return this.#long(LongAt.ctime);
  }

  set ctime(value: number) {
    this.#setLong(LongAt.ctime, value);
  }

  get mtime(): number {
    return this.#long(LongAt.mtime);
  }

  set mtime(value: number) {
    this.#setLong(LongAt.mtime, value);
  }

  get version(): number {
    return this.#int(IntAt.version);
  }

  set version(value: number) {
    this.#setInt(IntAt.version, value);
  }

  get cversion(): number {
    return this.#int(IntAt.cversion);
  }

  set cversion(value: number) {
    this.#setInt(IntAt.cversion, value);
  }

  get aversion(): number {
    return this.#int(IntAt.aversion);
  }

  set aversion(value: number) {
    this.#setInt(IntAt.aversion, value);
  }

  get content(): number {
    return this.#int(IntAt.content);
  }

  set content(value: number) {
    this.#setInt(IntAt.content, value);
  }

  // The index is always in range.

  #long(at: number): number {
    return this.#longs[this.#row * longsInRow + at] as number;
  }

  #setLong(at: number, value: number): void {
    this.#longs[this.#row * longsInRow + at] = value;
  }

  #int(at: number): number {
    return this.#ints[this.#row * intsInRow + at] as number;
  }

  #setInt(at: number, value: number): void {
    this.#ints[this.#row * intsInRow + at] = value;
  }
}

/** What a creating transaction gives a node. */
export interface ZnodeFields {
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[] | null;
  readonly owner: SessionId;
  readonly zxid: Zxid;
  readonly time: number;
}

export const containerOwner: SessionId = sessionIdOf(-(1n << 63n));
const ttlOwner = -(1n << 56n);
const ttlBits = (1n << 40n) - 1n;
/** 2⁴⁰ − 1 ms, some 34 years. */
export const ttlMax = 0xff_ffff_ffff;

export const ttlOwnerOf = (ttl: number): SessionId => sessionIdOf(ttlOwner | BigInt(ttl));
/** The time to live of a TTL node, in milliseconds. */
export const ttlOf = (owner: SessionId): number => Number(owner & ttlBits);

export type OwnerKind = "none" | "session" | "container" | "ttl";

/** EphemeralType.get with extended types on: a high byte of 0xff is no session. */
export function ownerKind(owner: SessionId): OwnerKind {
  if (owner === noSession) return "none";
  if (owner === containerOwner) return "container";
  return owner < 0n && owner >= ttlOwner ? "ttl" : "session";
}

/** The Stat as clients see it, a copy (DataNode.copyStat). */
export function statOf(node: NodeState): Stat {
  const { owner, childCount } = node;
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: (2 * node.cversion - childCount) | 0,
    aversion: node.aversion,
    ephemeralOwner: owner === noSession || ownerKind(owner) !== "session" ? noSession : owner,
    dataLength: node.dataLength,
    numChildren: childCount,
    pzxid: node.pzxid,
  };
}
