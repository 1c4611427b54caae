import { largeBytesMin } from "../base/bytes.ts";
import type { Zxid } from "../base/ids.ts";
import { Reader } from "../jute/reader.ts";
import { Writer } from "../jute/writer.ts";
import { OpCode } from "../protocol/op-codes.ts";
import { readTxn, writeTxn } from "./codec.ts";
import type { SubTxn, Txn } from "./txn.ts";

const noBytes = new Uint8Array(0);

/** A transaction and its bytes, which are made once and shared by the log and all links that carry it. */
export class LogEntry {
  readonly txn: Txn;
  #source: Uint8Array;
  #start: number;
  #end: number;
  /** Its own bytes, once they were asked for. */
  #bytes: Uint8Array | undefined;

  /** Without a range the bytes are made when they are first asked for. */
  constructor(txn: Txn, source: Uint8Array = noBytes, start = 0, end: number = source.length) {
    this.txn = txn;
    this.#source = source;
    this.#start = start;
    this.#end = end;
    this.#bytes = undefined;
  }

  get zxid(): Zxid {
    return this.txn.zxid;
  }

  /** From the next `length` bytes, of which it keeps a view; throws ProtocolError for what is no transaction. */
  static read(reader: Reader, length: number): LogEntry {
    const start = reader.position;
    const outer = reader.narrow(length);
    const txn = readTxn(reader);
    reader.widen(outer);
    return new LogEntry(txn, reader.bytes, start, start + length);
  }

  static decode(bytes: Uint8Array): LogEntry {
    return LogEntry.read(new Reader(bytes), bytes.length);
  }

  /** What holds its bytes, and those of others, from `start` to `end`: nobody writes there any more. */
  get source(): Uint8Array {
    if (this.#end === 0) this.#encode();
    return this.#source;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    if (this.#end === 0) this.#encode();
    return this.#end;
  }

  /** How many bytes it has. */
  get size(): number {
    return this.end - this.#start;
  }

  get bytes(): Uint8Array {
    this.#bytes ??= this.source.subarray(this.#start, this.#end);
    return this.#bytes;
  }

  #encode(): void {
    const writer = new Writer();
    writeTxn(writer, this.txn);
    this.#source = writer.view();
    this.#end = writer.length;
  }
}

const hasLargeData = ({ type, body }: SubTxn): boolean =>
  type === OpCode.multi
    ? body.txns.some(hasLargeData)
    : "data" in body && body.data !== null && body.data.length >= largeBytesMin;

/**
 * Encodes transactions one behind the other into shared blocks: what is logged together is dropped together, and a block costs
 * the garbage collector less than a buffer for each (a quarter of a write's time went there).
 */
export class TxnEncoder {
  readonly #blockBytes: number;
  #writer: Writer;

  constructor(blockBytes: number = 64 * 1024) {
    this.#blockBytes = blockBytes;
    this.#writer = new Writer(blockBytes);
  }

  encode(txn: Txn): LogEntry {
    if (this.#writer.length > this.#blockBytes * 0.75) this.#writer = new Writer(this.#blockBytes);
    const start = this.#writer.length;
    const writer = this.#writer;
    writeTxn(writer, txn);
    // Large data are kept by whoever applies them: these bytes are, and not what somebody asked with.
    if (hasLargeData(txn)) {
      return LogEntry.read(new Reader(writer.bytes, start, writer.length), writer.length - start);
    }
    return new LogEntry(txn, writer.bytes, start, writer.length);
  }
}
