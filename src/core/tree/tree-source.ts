import { assert } from "../base/assert.ts";
import type { Zxid } from "../base/ids.ts";
import type { SnapshotSource } from "../storage/ports.ts";
import type { StateEnd } from "../storage/snapshot-file.ts";
import { snapshotPieces } from "./snapshot.ts";
import type { DataTree } from "./tree.ts";

/** A tree in pieces, each as the tree is when the piece is asked for. */
export class TreeSource implements SnapshotSource {
  readonly zxid: Zxid;
  /** The last piece was given, or nobody wants it any more. */
  isOver = false;
  isAbandoned = false;
  readonly #tree: DataTree;
  readonly #pieces: Iterator<Uint8Array, void, void>;
  #end: StateEnd | undefined;

  constructor(tree: DataTree, pieceBytes: number | undefined) {
    this.zxid = tree.lastApplied;
    this.#tree = tree;
    this.#pieces = snapshotPieces(tree, pieceBytes);
  }

  next(): Uint8Array | undefined {
    if (this.isOver) return undefined;
    const { done, value } = this.#pieces.next();
    if (done !== true) return value;
    this.isOver = true;
    this.#end = { zxid: this.#tree.lastApplied, digest: this.#tree.digest };
    return undefined;
  }

  end(): StateEnd {
    assert(this.#end !== undefined, "a snapshot ends behind its last piece");
    return this.#end;
  }

  /** Also when its last piece is given: it may not be saved yet. */
  abandon(): void {
    this.isOver = true;
    this.isAbandoned = true;
  }
}
