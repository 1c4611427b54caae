import type { Zxid } from "../base/ids.ts";
import { Reader } from "../jute/reader.ts";
import { Writer } from "../jute/writer.ts";
import { ownBytes, readTxn, writeTxn } from "./codec.ts";
import type { Txn } from "./txn.ts";

/** A transaction and its bytes, which are made once, when a log or a socket first asks, and shared by all that carry it. */
export class LogEntry {
  readonly txn: Txn;
  #bytes: Uint8Array | undefined;

  constructor(txn: Txn, bytes?: Uint8Array) {
    this.txn = txn;
    this.#bytes = bytes;
  }

  /** From a view of a socket's chunk or a file; throws ProtocolError for what is no transaction. */
  static decode(view: Uint8Array): LogEntry {
    const bytes = ownBytes(view);
    return new LogEntry(readTxn(new Reader(bytes)), bytes);
  }

  get zxid(): Zxid {
    return this.txn.zxid;
  }

  get bytes(): Uint8Array {
    if (this.#bytes === undefined) {
      const writer = new Writer(192);
      writeTxn(writer, this.txn);
      this.#bytes = writer.view();
    }
    return this.#bytes;
  }
}
