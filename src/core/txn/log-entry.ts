import type { Zxid } from "../base/ids.ts";
import { Reader } from "../jute/reader.ts";
import { Writer } from "../jute/writer.ts";
import { readTxn, writeTxn } from "./codec.ts";
import type { Txn } from "./txn.ts";

const noBytes = new Uint8Array(0);

/** A transaction and its bytes, which are made once and shared by the log and all links that carry it. */
export class LogEntry {
  readonly txn: Txn;
  readonly zxid: Zxid;
  #bytes: Uint8Array;
  #start: number;
  #end: number;

  /** Without a range the bytes are made when they are first asked for. */
  constructor(txn: Txn, bytes: Uint8Array = noBytes, start = 0, end: number = bytes.length) {
    this.txn = txn;
    this.zxid = txn.zxid;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
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

  /** How many bytes it has. */
  get size(): number {
    if (this.#end === 0) return this.bytes.length;
    return this.#end - this.#start;
  }

  get bytes(): Uint8Array {
    if (this.#end === 0) {
      this.#bytes = new TxnEncoder(256).encode(this.txn).bytes;
      this.#end = this.#bytes.length;
    }
    if (this.#end - this.#start !== this.#bytes.length) {
      this.#bytes = this.#bytes.subarray(this.#start, this.#end);
      this.#start = 0;
      this.#end = this.#bytes.length;
    }
    return this.#bytes;
  }
}

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
    writeTxn(this.#writer, txn);
    return new LogEntry(txn, this.#writer.view(), start, this.#writer.length);
  }
}
