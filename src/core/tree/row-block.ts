import { noSession, type SessionId } from "../base/ids.ts";
import type { Acl } from "../protocol/records.ts";

/** Numbers in a row: the five long ones first, as doubles, then fourteen of 32 bits. */
const rowBytes = 96;
export const longsInRow: number = rowBytes / Float64Array.BYTES_PER_ELEMENT;
export const intsInRow: number = rowBytes / Int32Array.BYTES_PER_ELEMENT;
export const LongAt = { czxid: 0, mzxid: 1, pzxid: 2, ctime: 3, mtime: 4 } as const;
/** Behind the long ones. A piece is a range of its block; `firstChild` and its like are the numbers of nodes, 0: none. */
export const IntAt = {
  version: 10,
  cversion: 11,
  aversion: 12,
  content: 13,
  digest: 14,
  dataStart: 15,
  dataLength: 16,
  pathStart: 17,
  pathLength: 18,
  childCount: 19,
  firstChild: 20,
  lastChild: 21,
  nextSibling: 22,
  previousSibling: 23,
} as const;

/** So many nodes, whatever each of them has in a column of its own. */
export class RowBlock {
  readonly longs: Float64Array;
  readonly ints: Int32Array;
  readonly acls: (readonly Acl[] | null)[];
  readonly owners: SessionId[];
  /** The blocks that hold the data of each; null: it has none. */
  readonly data: (Uint8Array | null)[];
  /** The blocks that hold the path of each; null: it was removed, or never made. */
  readonly paths: (Uint8Array | null)[];
  /** Rows given out. */
  used = 0;
  /** Of them, those whose nodes were not removed. */
  living = 0;

  constructor(rows: number, from?: RowBlock) {
    const bytes = from?.longs.buffer.slice(0) ?? new ArrayBuffer(rows * rowBytes);
    this.longs = new Float64Array(bytes);
    this.ints = new Int32Array(bytes);
    this.acls = from?.acls.slice() ?? new Array(rows).fill(null);
    this.owners = from?.owners.slice() ?? new Array(rows).fill(noSession);
    this.data = from?.data.slice() ?? new Array(rows).fill(null);
    this.paths = from?.paths.slice() ?? new Array(rows).fill(null);
    this.used = from?.used ?? 0;
    this.living = from?.living ?? 0;
  }

  get rows(): number {
    return this.acls.length;
  }

  copy(): RowBlock {
    return new RowBlock(this.rows, this);
  }
}
