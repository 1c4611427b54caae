import { present } from "../base/assert.ts";
import { noSession, type SessionId, sessionIdOf, type Zxid, zxidOf } from "../base/ids.ts";
import type { Piece } from "../base/pieces.ts";
import type { Acl, Stat } from "../protocol/records.ts";
import { IntAt, intsInRow, LongAt, longsInRow, type RowBlock } from "./row-block.ts";

const slash = 0x2f;

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

/**
 * One node of the applied tree: a view of its row, made when it is asked for. Only the tree and those who apply transactions write
 * to it. Who holds one that was removed reads on what it was, but for its data.
 */
export class Znode implements NodeState {
  readonly block: RowBlock;
  readonly row: number;
  /** Its number in the tree, never 0. */
  readonly id: number;

  constructor(block: RowBlock, row: number, id: number) {
    this.block = block;
    this.row = row;
    this.id = id;
  }

  get acl(): readonly Acl[] | null {
    return this.block.acls[this.row] as readonly Acl[] | null;
  }

  set acl(value: readonly Acl[] | null) {
    this.block.acls[this.row] = value;
  }

  get owner(): SessionId {
    return this.block.owners[this.row] as SessionId;
  }

  set owner(value: SessionId) {
    this.block.owners[this.row] = value;
  }

  /** Its numbers and its owner; ACL and data are for the tree to give. */
  fill({ owner, zxid, time, stat }: ZnodeFields): void {
    this.owner = owner;
    this.czxid = zxid;
    this.mzxid = stat?.mzxid ?? zxid;
    this.pzxid = stat?.pzxid ?? zxid;
    this.ctime = time;
    this.mtime = stat?.mtime ?? time;
    this.version = stat?.version ?? 0;
    this.cversion = stat?.cversion ?? 0;
    this.aversion = stat?.aversion ?? 0;
  }

  /** A view of it, made at each call. */
  get data(): Uint8Array | null {
    const bytes = this.block.data[this.row] as Uint8Array | null;
    if (bytes === null) return null;
    const start = this.int(IntAt.dataStart);
    return bytes.subarray(start, start + this.dataLength);
  }

  /** Whether that view came from `data`, and nothing else was set since. */
  hasStill(view: Uint8Array | null): boolean {
    const bytes = this.block.data[this.row] as Uint8Array | null;
    if (bytes === null || view === null) return bytes === view;
    const start = bytes.byteOffset + this.int(IntAt.dataStart);
    const isThere = view.buffer === bytes.buffer && view.byteOffset === start;
    return isThere && view.length === this.dataLength;
  }

  get dataLength(): number {
    return this.int(IntAt.dataLength);
  }

  /** Its data are `length` bytes of a block, which nobody writes to any more; null: it has none. */
  setData(bytes: Uint8Array | null, start: number, length: number): void {
    this.block.data[this.row] = bytes;
    this.setInt(IntAt.dataStart, start);
    this.setInt(IntAt.dataLength, length);
  }

  get path(): Piece {
    const start = this.int(IntAt.pathStart);
    const block = present(this.block.paths[this.row], "the path of a node");
    return { block, start, end: start + this.int(IntAt.pathLength) };
  }

  /** The end of its path, from the last slash on. */
  get slashAndName(): Piece {
    const { block, start, end } = this.path;
    let at = end - 1;
    while (at > start && block[at] !== slash) at -= 1;
    return { block, start: at, end };
  }

  get childCount(): number {
    return this.int(IntAt.childCount);
  }

  get digest(): number {
    return this.int(IntAt.digest) >>> 0;
  }

  set digest(value: number) {
    this.setInt(IntAt.digest, value);
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
    return this.int(IntAt.version);
  }

  set version(value: number) {
    this.setInt(IntAt.version, value);
  }

  get cversion(): number {
    return this.int(IntAt.cversion);
  }

  set cversion(value: number) {
    this.setInt(IntAt.cversion, value);
  }

  get aversion(): number {
    return this.int(IntAt.aversion);
  }

  set aversion(value: number) {
    this.setInt(IntAt.aversion, value);
  }

  get content(): number {
    return this.int(IntAt.content);
  }

  set content(value: number) {
    this.setInt(IntAt.content, value);
  }

  // The index is always in range.

  #long(at: number): number {
    return this.block.longs[this.row * longsInRow + at] as number;
  }

  #setLong(at: number, value: number): void {
    this.block.longs[this.row * longsInRow + at] = value;
  }

  int(at: number): number {
    return this.block.ints[this.row * intsInRow + at] as number;
  }

  setInt(at: number, value: number): void {
    this.block.ints[this.row * intsInRow + at] = value;
  }
}

/** What a creating transaction gives a node; `stat` is what became of it since, where a snapshot tells. */
export interface ZnodeFields {
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[] | null;
  readonly owner: SessionId;
  readonly zxid: Zxid;
  readonly time: number;
  readonly stat?: Pick<
    NodeState,
    "mzxid" | "pzxid" | "mtime" | "version" | "cversion" | "aversion"
  >;
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
