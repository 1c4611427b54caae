// Clever for speed: each Uint8Array with memory of its own costs half a microsecond and much of the garbage collector's time; a
// piece of a shared block costs a fifth of that.

/** Of the first block: whoever holds little takes little memory. Each that follows is four times as large. */
const firstBytes = 2048;
/**
 * A piece that lives long keeps a block alive; but once tens of megabytes live outside its heap, V8 takes a step of some 5 ms of
 * its collector's work for each block that is made.
 */
const blockBytesMax = 64 * 1024;
/** Longer pieces are worth memory of their own. */
const pieceBytesMax = 512;

/** Keeps bytes that live long, small ones together in blocks. */
export class ByteBlocks {
  #block = new Uint8Array(0);
  #used = 0;
  /** Where in its block the last piece begins. */
  placedAt = 0;

  /** Copies a piece, and returns the block that holds it from `placedAt` on. */
  place(piece: Uint8Array): Uint8Array {
    const block = this.room(piece.length);
    block.set(piece, this.placedAt);
    return block;
  }

  /** The block that has room for a piece from `placedAt` on, which the caller fills at once. */
  room(length: number): Uint8Array {
    if (length > pieceBytesMax) {
      this.placedAt = 0;
      return new Uint8Array(length);
    }
    if (this.#used + length > this.#block.length) {
      const next = this.#block.length * 4 || firstBytes;
      this.#block = new Uint8Array(Math.min(next, blockBytesMax));
      this.#used = 0;
    }
    this.placedAt = this.#used;
    this.#used += length;
    return this.#block;
  }
}
