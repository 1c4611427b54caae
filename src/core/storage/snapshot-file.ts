// A snapshot file (FileSnap): a header, the state, then sections that say of which moment it is, each behind a seal. A seal is the
// checksum of all bytes before it, seals included.
import { adler32, adlerStart } from "../base/adler32.ts";
import { ProtocolError } from "../base/assert.ts";
import { type Zxid, zxidOf } from "../base/ids.ts";
import { type Parts, piecesOf } from "../base/parts.ts";
import { Reader } from "../jute/reader.ts";
import { Writer } from "../jute/writer.ts";
import { SnapshotEnd, snapshotSignature } from "../packets/snapshot-end.ts";
import { Damage } from "./damage.ts";

/** "ZKSN" */
const magic = 0x5a4b534e;
const version = 2;
const headerBytes = 16;
/** Closes a section. */
const endMark = "/";
const sealBytes = 13;
/** What follows the state on a link, and has no place in a file: a length and the text. */
const signatureBytes = 4 + snapshotSignature.length;
const digestVersion = 2;

/** The moment at which the last piece of a state was made: which transactions may be in it, and the tree's digest then. */
export interface StateEnd {
  readonly zxid: Zxid;
  readonly digest: number;
}

/** Makes a file of pieces of the stream that follows SNAP on a link, in order. */
export class SnapshotFileWriter {
  #sum = adlerStart;
  /** The end of the stream so far, which may be its signature. */
  #held: Uint8Array = new Uint8Array(0);

  header(): Uint8Array {
    const writer = new Writer(headerBytes);
    writer.int(magic);
    writer.int(version);
    writer.long(-1);
    return this.#summed(writer.view());
  }

  /** The bytes of the file for a piece. */
  piece(piece: Uint8Array): Uint8Array {
    const held = new Uint8Array(this.#held.length + piece.length);
    held.set(this.#held);
    held.set(piece, this.#held.length);
    const ready = Math.max(0, held.length - signatureBytes);
    this.#held = held.subarray(ready);
    return this.#summed(held.subarray(0, ready));
  }

  end({ zxid, digest }: StateEnd): Uint8Array {
    const writer = new Writer();
    this.#seal(writer);
    const at = writer.length;
    writer.long(zxid);
    writer.int(digestVersion);
    writer.long(digest);
    this.#sum = adler32(this.#sum, writer.view().subarray(at));
    this.#seal(writer);
    this.#sum = adler32(this.#sum, lastProcessed(writer, zxid));
    this.#seal(writer);
    return writer.view();
  }

  #seal(writer: Writer): void {
    const at = writer.length;
    writer.long(this.#sum);
    writer.string(endMark);
    this.#summed(writer.view().subarray(at));
  }

  #summed(bytes: Uint8Array): Uint8Array {
    this.#sum = adler32(this.#sum, bytes);
    return bytes;
  }
}

/** The section that 3.9 adds. */
function lastProcessed(writer: Writer, zxid: Zxid): Uint8Array {
  const at = writer.length;
  writer.long(zxid);
  return writer.view().subarray(at);
}

/** A snapshot as a file holds it. */
export interface ReadSnapshot {
  /** The stream that follows SNAP on a link. */
  readonly chunks: readonly Uint8Array[];
  /** undefined where digests were off, or the file is older than 3.6. */
  readonly end: StateEnd | undefined;
}

/** In parts. Checks every seal; throws Damage. Sections behind the first seal may be missing, one by one. */
export function* readSnapshotFile(bytes: Uint8Array): Parts<ReadSnapshot> {
  const r = new Reader(bytes);
  if (bytes.length < headerBytes || r.int() !== magic)
    throw new Damage(0, "no header of a snapshot");
  r.take(headerBytes - 4);
  const state = yield* stateOf(bytes);
  r.take(state.length);
  const seals = new Seals(bytes, r);
  yield* seals.check();
  const writer = new Writer(signatureBytes);
  writer.string(snapshotSignature);
  const chunks = [state, writer.view()];
  if (r.remaining === 0) return { chunks, end: undefined };
  const end = readEnd(r);
  yield* seals.check();
  if (r.remaining > 0) {
    if (r.remaining < 8) throw new Damage(r.position, "a section that ends too early");
    r.long(); // lastProcessedZxid, which only Apache's restore command asks for
    yield* seals.check();
  }
  return { chunks, end };
}

function* stateOf(bytes: Uint8Array): Parts<Uint8Array> {
  const scan = new SnapshotEnd("file");
  const body = bytes.subarray(headerBytes);
  try {
    let length = 0;
    for (const piece of piecesOf(body)) {
      length += scan.push(piece);
      if (scan.done) return body.subarray(0, length);
      yield;
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Damage(headerBytes, error.message);
  }
  throw new Damage(bytes.length, "a state that ends too early");
}

function readEnd(r: Reader): StateEnd | undefined {
  const at = r.position;
  try {
    const zxid = zxidOf(r.long());
    if (r.int() >= digestVersion) return { zxid, digest: r.long() };
    r.string(); // an older digest, as text
    return undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new Damage(at, "a section that ends too early");
  }
}

class Seals {
  readonly #bytes: Uint8Array;
  readonly #r: Reader;
  #sum = adlerStart;
  #summedTo = 0;

  constructor(bytes: Uint8Array, r: Reader) {
    this.#bytes = bytes;
    this.#r = r;
  }

  /** The next bytes must be the checksum of all before them. */
  *check(): Parts<void> {
    const at = this.#r.position;
    if (this.#r.remaining < sealBytes) throw new Damage(at, "a seal that ends too early");
    for (const piece of piecesOf(this.#bytes.subarray(this.#summedTo, at))) {
      this.#sum = adler32(this.#sum, piece);
      yield;
    }
    this.#summedTo = at;
    if (this.#r.long() !== this.#sum || this.#r.nullableString() !== endMark) {
      throw new Damage(at, "a checksum that is wrong");
    }
  }
}
