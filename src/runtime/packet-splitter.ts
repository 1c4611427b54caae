import { ProtocolError } from "../core/base/assert.ts";
import { Reader } from "../core/jute/reader.ts";
import { type QuorumPacket, readPacket, type Sender } from "../core/packets/quorum-packet.ts";
import { SnapshotEnd } from "../core/packets/snapshot-end.ts";

const empty = new Uint8Array(0);
/** Type, zxid and length are there behind so many bytes. */
const headBytes = 16;
/** What a chunk brings beyond the end of a packet, and what stands behind a packet's data. */
const roomBehind = 64 * 1024;
/** A packet is given room for all that it says it is, but not for more than so many times what has come of it. */
const roomPerByte = 16;

/** Apache's bound on a string or buffer between peers is `jute.maxbuffer` and as much again; ours is generous on top of that. */
export const packetBytesMax: number = 64 * 1024 * 1024;
/** Of a learner's first packet, which says who it is. */
const introductionBytesMax = 4096;

/**
 * Cuts a learner link's stream into packets, which have no length around them, and what follows SNAP into SNAPSHOT packets.
 * Decoded bytes are views of what was pushed; a chunk that ends inside a packet is copied, whole ones are not.
 */
export class PacketSplitter {
  readonly #sender: Sender;
  readonly #reader = new Reader(empty);
  #chunk: Uint8Array = empty;
  #at = 0;
  /** The start of a packet whose end has not come: what its first chunk left, or a buffer that has room for more of it. */
  #partial: Uint8Array = empty;
  #filled = 0;
  #snapshot: SnapshotEnd | undefined;
  #bytesMax: number;

  constructor(
    sender: Sender,
    firstBytesMax: number = sender === "learner" ? introductionBytesMax : packetBytesMax,
  ) {
    this.#sender = sender;
    this.#bytesMax = firstBytesMax;
  }

  push(chunk: Uint8Array): void {
    if (this.#filled > 0) {
      this.#keep(chunk);
      this.#chunk = this.#partial.subarray(0, this.#filled);
    } else {
      this.#chunk = chunk;
    }
    this.#at = 0;
  }

  /** The next packet, or undefined until more is pushed. Throws ProtocolError for what is no packet. */
  next(): QuorumPacket | undefined {
    if (this.#snapshot !== undefined) return this.#nextPiece(this.#snapshot);
    const reader = this.#reader;
    reader.reset(this.#chunk, this.#at, this.#chunk.length);
    const packet = readPacket(reader, this.#sender, this.#bytesMax);
    if (packet === undefined) {
      this.#keepRest();
      return undefined;
    }
    this.#at = reader.position;
    this.#bytesMax = packetBytesMax;
    if (packet.type === "SNAP") this.#snapshot = new SnapshotEnd();
    return packet;
  }

  #nextPiece(snapshot: SnapshotEnd): QuorumPacket | undefined {
    if (this.#at === this.#chunk.length) {
      this.#keepRest();
      return undefined;
    }
    const count = snapshot.push(this.#chunk.subarray(this.#at));
    const bytes = this.#chunk.slice(this.#at, this.#at + count);
    this.#at += count;
    if (snapshot.done) this.#snapshot = undefined;
    return { type: "SNAPSHOT", bytes, last: snapshot.done };
  }

  /** Keeps what is left of the chunk until the next one. */
  #keepRest(): void {
    const rest = this.#at === this.#chunk.length ? empty : this.#chunk.subarray(this.#at);
    this.#chunk = empty;
    this.#at = 0;
    if (this.#filled > 0 && rest.length === this.#filled) return; // it is all there already
    this.#partial = rest;
    this.#filled = rest.length;
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#filled + bytes.length;
    if (needed > this.#bytesMax * 2) throw new ProtocolError("a packet without an end");
    if (needed > this.#partial.length) {
      const promised = Math.min(this.#promised + roomBehind, needed * roomPerByte);
      const room = Math.max(needed, this.#partial.length * 2, promised);
      const larger = new Uint8Array(Buffer.allocUnsafeSlow(room).buffer); // zeros cost three times as much
      larger.set(this.#partial.subarray(0, this.#filled));
      this.#partial = larger;
    }
    this.#partial.set(bytes, this.#filled);
    this.#filled = needed;
  }

  /** How long the packet says it is. */
  get #promised(): number {
    const head = this.#partial.subarray(0, this.#filled);
    if (head.length < headBytes) return 0;
    const reader = new Reader(head, headBytes - 4);
    return headBytes + Math.max(reader.int(), 0);
  }
}
