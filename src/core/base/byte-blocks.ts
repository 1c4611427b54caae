// Clever for speed: each Uint8Array with memory of its own costs half a microsecond and much of the garbage collector's time; a
// piece of a shared block costs a fifth of that.

/** Large enough to make blocks rare, small enough that one long-lived piece does not keep much else alive. */
const blockBytes = 2048;
/** Longer pieces are worth memory of their own. */
const pieceBytesMax = 512;
/** V8 keeps typed arrays up to this length in its own heap, which is cheaper still. */
const heapBytesMax = 64;

/** Copies bytes that live long, small ones into shared blocks. */
export class ByteBlocks {
  #block = new Uint8Array(0);
  #used = 0;

  copy(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length <= heapBytesMax || length > pieceBytesMax) {
      const own = new Uint8Array(length);
      own.set(bytes);
      return own;
    }
    if (this.#used + length > this.#block.length) {
      this.#block = new Uint8Array(blockBytes);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += length;
    this.#block.set(bytes, start);
    return this.#block.subarray(start, this.#used);
  }
}
