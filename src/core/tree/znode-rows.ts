import { assert, present } from "../base/assert.ts";
import type { ByteBlocks } from "../base/byte-blocks.ts";
import { encode, encodedLength, isEncoded, type Piece } from "../base/pieces.ts";
import type { PathKeeper } from "./path-index.ts";
import { IntAt, intsInRow, RowBlock } from "./row-block.ts";
import { Znode } from "./znode.ts";

/** Of the first block: a small tree is soon made. Each that follows is four times as large. */
const firstRows = 4;
/** 96 KB of numbers, for the reason told in byte-blocks.ts. */
const rowsMax = 1024;
const rowBits = 10;

/**
 * The nodes of a tree, a row each, numbered from 1. A row is never given out twice: who holds a node that was removed reads on what
 * it was. A block goes when all of its nodes did, and its numbers are given to another.
 */
export class ZnodeRows implements PathKeeper {
  /** By the high bits of a node's number. */
  #blocks: (RowBlock | undefined)[] = [];
  /** Places of blocks that went. */
  #free: number[] = [];
  /** In the order in which they were made, and so are the rows of each: a parent is before its children. */
  readonly #inOrder = new Set<number>();
  #last: RowBlock | undefined;
  #lastAt = 0;
  /** Places of blocks that are another tree's still: each is copied before it is looked at. */
  readonly #borrowed = new Set<number>();
  readonly #bytes: ByteBlocks;

  constructor(bytes: ByteBlocks) {
    this.#bytes = bytes;
  }

  /** A node with a path, and nothing else: zeros, null and no owner. */
  add(path: string): Znode {
    if (this.#borrowed.size > 0) this.#own(this.#lastAt);
    let block = this.#last;
    if (block === undefined || block.used === block.rows) block = this.#begin();
    const row = block.used;
    block.used += 1;
    block.living += 1;
    const length = encodedLength(path);
    const bytes = this.#bytes.room(length);
    encode(path, bytes, this.#bytes.placedAt);
    block.paths[row] = bytes;
    block.ints[row * intsInRow + IntAt.pathStart] = this.#bytes.placedAt;
    block.ints[row * intsInRow + IntAt.pathLength] = length;
    return new Znode(block, row, this.#idOf(this.#lastAt, row));
  }

  /** Of a node that is there. */
  at(id: number): Znode {
    return new Znode(this.#blockOf(id), (id - 1) & (rowsMax - 1), id);
  }

  isAt(id: number, text: string, units: number): boolean {
    const block = this.#blockOf(id);
    const row = (id - 1) & (rowsMax - 1);
    return isEncoded(pathIn(block, row), text, units);
  }

  /** Its path and its data are forgotten. */
  remove(node: Znode): void {
    const { block, row } = node;
    block.paths[row] = null;
    block.data[row] = null;
    block.living -= 1;
    if (block.living === 0 && block !== this.#last) this.#drop((node.id - 1) >>> rowBits);
  }

  /** The last of the children of `parent`. */
  link(parent: Znode, child: Znode): void {
    const last = parent.int(IntAt.lastChild);
    if (last === 0) parent.setInt(IntAt.firstChild, child.id);
    else this.at(last).setInt(IntAt.nextSibling, child.id);
    child.setInt(IntAt.previousSibling, last);
    parent.setInt(IntAt.lastChild, child.id);
    parent.setInt(IntAt.childCount, parent.childCount + 1);
  }

  unlink(parent: Znode, child: Znode): void {
    const next = child.int(IntAt.nextSibling);
    const previous = child.int(IntAt.previousSibling);
    if (previous === 0) parent.setInt(IntAt.firstChild, next);
    else this.at(previous).setInt(IntAt.nextSibling, next);
    if (next === 0) parent.setInt(IntAt.lastChild, previous);
    else this.at(next).setInt(IntAt.previousSibling, previous);
    parent.setInt(IntAt.childCount, parent.childCount - 1);
  }

  /** All that are there now, parents before their children; nodes may come and go meanwhile, and those that went are left out. */
  *inOrder(): Generator<Znode, void, void> {
    this.ownAll();
    const blocks = Array.from(this.#inOrder, (at) => ({ at, block: this.#blocks[at] }));
    for (const { at, block } of blocks) {
      if (block === undefined) continue;
      for (let row = 0; row < block.used; row += 1) {
        if (block.paths[row] !== null) yield new Znode(block, row, this.#idOf(at, row));
      }
    }
  }

  /** With the same numbers; the bytes of paths and data are shared, and each block until the copy looks at it. */
  borrow(bytes: ByteBlocks): ZnodeRows {
    const copy = new ZnodeRows(bytes);
    copy.#blocks = this.#blocks.slice();
    copy.#free = this.#free.slice();
    for (const at of this.#inOrder) {
      copy.#inOrder.add(at);
      copy.#borrowed.add(at);
    }
    copy.#lastAt = this.#lastAt;
    copy.#last = this.#last;
    return copy;
  }

  /** Whoever lent blocks may change from here on. */
  ownAll(): void {
    for (const at of this.#inOrder) this.#own(at);
  }

  /** The block at this place is this tree's own. */
  #own(at: number): void {
    if (!this.#borrowed.delete(at)) return;
    this.#blocks[at] = this.#blocks[at]?.copy();
    if (at === this.#lastAt) this.#last = this.#blocks[at];
  }

  #begin(): RowBlock {
    const full = this.#last;
    const rows = full === undefined ? firstRows : Math.min(full.rows * 4, rowsMax);
    const block = new RowBlock(rows);
    if (full?.living === 0) this.#drop(this.#lastAt);
    const at = this.#free.pop() ?? this.#blocks.length;
    assert(at < 2 ** (31 - rowBits), "nodes have numbers of 31 bits");
    this.#blocks[at] = block;
    this.#inOrder.add(at);
    this.#last = block;
    this.#lastAt = at;
    return block;
  }

  #drop(at: number): void {
    this.#blocks[at] = undefined;
    this.#inOrder.delete(at);
    this.#free.push(at);
  }

  #idOf(at: number, row: number): number {
    return ((at << rowBits) | row) + 1;
  }

  #blockOf(id: number): RowBlock {
    const at = (id - 1) >>> rowBits;
    if (this.#borrowed.size > 0) this.#own(at);
    return present(this.#blocks[at], "the block of a node");
  }
}

function pathIn(block: RowBlock, row: number): Piece {
  const start = block.ints[row * intsInRow + IntAt.pathStart] as number;
  const length = block.ints[row * intsInRow + IntAt.pathLength] as number;
  return { block: present(block.paths[row], "the path of a node"), start, end: start + length };
}
