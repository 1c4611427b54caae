import { ProtocolError } from "../base/assert.ts";
import { Reader } from "../jute/reader.ts";
import { authMagic, QuorumAuthPacket } from "../packets/quorum-auth-packet.ts";

/** Magic, status and the token's length. */
const headBytes = 16;
/** A ticket of Kerberos may hold what a directory knows of its owner. */
const tokenBytesMax = 65_536;

/** Takes QuorumAuthPackets out of a stream; what follows the last one that was asked for stays, for another protocol. */
export class AuthPackets {
  #bytes: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): void {
    const whole = new Uint8Array(this.#bytes.length + bytes.length);
    whole.set(this.#bytes);
    whole.set(bytes, this.#bytes.length);
    this.#bytes = whole;
  }

  /** What came and was not taken. */
  get rest(): Uint8Array {
    return this.#bytes;
  }

  /** Whether the stream begins with such a packet; undefined: too little has come to tell. */
  get isAuth(): boolean | undefined {
    const { length } = this.#bytes;
    if (!authMagic.every((byte, at) => at >= length || this.#bytes[at] === byte)) return false;
    return length < authMagic.length ? undefined : true;
  }

  /** undefined: it is not whole yet. Throws ProtocolError for what is none. */
  next(): QuorumAuthPacket | undefined {
    if (this.isAuth === false) throw new ProtocolError("no QuorumAuthPacket");
    if (this.#bytes.length < headBytes) return undefined;
    const head = new Reader(this.#bytes, headBytes - 4);
    const length = head.int();
    if (length > tokenBytesMax) throw new ProtocolError(`a token of ${length} bytes`);
    const end = headBytes + Math.max(length, 0);
    if (this.#bytes.length < end) return undefined;
    const packet = QuorumAuthPacket.read(new Reader(this.#bytes, 0, end));
    this.#bytes = this.#bytes.subarray(end);
    return packet;
  }
}
