import { ProtocolError } from "../base/assert.ts";

const empty = new Uint8Array(0);
/** What a frame that is not whole is given to begin with. */
const firstRoom = 64 * 1024;
/** And then, of what its length promises, no more than so many times what has come. */
const roomPerByte = 16;

/**
 * Cuts a byte stream into length-prefixed frames. `push` a chunk, then `next` until it is false; each true makes
 * `bytes[start..end)` the payload of one frame, valid until the next call. Frames that lie whole in a chunk are not copied.
 */
export class FrameSplitter {
  bytes: Uint8Array = empty;
  start = 0;
  end = 0;
  readonly #lengthMax: number;
  readonly #check: ((length: number) => void) | undefined;
  #chunk: Uint8Array = empty;
  #at = 0;
  /** The frame being assembled from several chunks, its length prefix included. */
  #partial: Uint8Array | undefined;
  /** Of that frame; 4 until its prefix is whole. */
  #size = 0;
  #filled = 0;

  /** `check` throws ProtocolError for a length that is refused for another reason, as soon as it is known. */
  constructor(lengthMax: number, check?: (length: number) => void) {
    this.#lengthMax = lengthMax;
    this.#check = check;
  }

  /** Bytes held back for a frame that is not complete. */
  get held(): number {
    return this.#partial === undefined ? 0 : this.#filled;
  }

  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Throws ProtocolError for a length below zero or above the limit. */
  next(): boolean {
    if (this.#partial !== undefined) return this.#assemble();
    const left = this.#chunk.length - this.#at;
    if (left === 0) return false;
    if (left < 4) return this.#keep(4);
    const length = this.#checkedLength(this.#chunk, this.#at);
    if (left < 4 + length) return this.#keep(4 + length);
    this.bytes = this.#chunk;
    this.start = this.#at + 4;
    this.end = this.start + length;
    this.#at = this.end;
    return true;
  }

  #keep(size: number): boolean {
    this.#size = size;
    const come = this.#chunk.length - this.#at;
    this.#partial = roomOf(Math.min(size, Math.max(firstRoom, come * roomPerByte)));
    this.#filled = 0;
    return this.#assemble();
  }

  #assemble(): boolean {
    for (;;) {
      this.#fill();
      if (this.#filled < this.#size) return false;
      if (this.#size > 4) break;
      const length = this.#checkedLength(this.#partial as Uint8Array, 0);
      if (length === 0) break;
      this.#size = 4 + length;
    }
    this.bytes = this.#partial as Uint8Array;
    this.start = 4;
    this.end = this.#size;
    this.#partial = undefined;
    this.#filled = 0;
    return true;
  }

  /** Large steps, as new memory costs a hundred times what is copied into it. */
  #fill(): void {
    const count = Math.min(this.#size - this.#filled, this.#chunk.length - this.#at);
    const needed = this.#filled + count;
    let partial = this.#partial as Uint8Array;
    if (needed > partial.length) {
      const larger = roomOf(Math.min(this.#size, needed * roomPerByte));
      larger.set(partial.subarray(0, this.#filled));
      partial = larger;
      this.#partial = larger;
    }
    partial.set(this.#chunk.subarray(this.#at, this.#at + count), this.#filled);
    this.#filled = needed;
    this.#at += count;
  }

  #checkedLength(bytes: Uint8Array, at: number): number {
    const length =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
    if (length < 0 || length > this.#lengthMax) {
      throw new ProtocolError(`a frame of ${length} bytes, the limit is ${this.#lengthMax}`);
    }
    this.#check?.(length);
    return length;
  }
}

/** What is in it first is of no use; zeros would cost three times as much. */
const roomOf = (bytes: number): Uint8Array => new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
